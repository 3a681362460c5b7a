internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import NIOCore

/// One call of `pending.create`.
struct PendingCreation: Sendable {
  private let type: String
  private let data: ByteBuffer
  private let life: TimeToLive
  private let backend: Configuration.Pending.Backend
  private let isOneTime: Bool
  private let isSealed: Bool
  private let maxAttempts: Int
  private let names: PendingNames
  private let signer: PendingSigner
  private let retention: PendingRetention
  /// What it is in the store, if it comes to be there.
  private let token: String
  private let target: PendingTarget

  /// Reads the call's parameters; what it doesn't give its preset does, or else the configuration.
  init(_ arguments: inout Arguments) throws(RPCError) {
    // A token is told once and kept nowhere, so that a repeated call can't be told it again.
    guard arguments.record == nil else {
      throw RPCError(
        .invalidParams,
        "pending.create takes no idempotencyKey: make another one, and nobody uses the first")
    }
    let settings = arguments.settings.pending
    let preset = try arguments.preset(6, in: settings.presets)
    type = try arguments.operationType(0, otherwise: preset?.name)
    data = try arguments.value(1, "data")
    life = try arguments.pendingLife(
      2, "expiresIn", otherwise: preset?.value.expiresIn ?? settings.expiresIn)
    backend = try arguments.backend(3) ?? preset?.value.backend ?? settings.backend
    isOneTime = try arguments.flag(4, "oneTime", otherwise: preset?.value.isOneTime ?? false)
    isSealed = try arguments.flag(5, "seal", otherwise: preset?.value.isSealed ?? false)
    maxAttempts =
      try arguments.maxAttempts(7) ?? preset?.value.maxAttempts ?? settings.maxAttempts
    if backend == .store, arguments.has(5), isSealed {
      throw RPCError(
        .invalidParams, "seal is for data in a token; with backend store there are none in it")
    }
    names = try PendingNames(&arguments)
    signer = PendingSigner(desk: arguments.settings.tokens, names: names)
    retention = arguments.settings.pendingRetention
    token = PendingToken.random()
    let id = PendingToken.id(ofStored: token)
    target = PendingTarget(id: id, key: try names.key(id))
    if arguments.notes.isKept { arguments.notes.key = Array(id.utf8) }
  }

  /// How the call begins.
  var opening: Opening {
    guard backend != .jwt else {
      return .run { context throws(RPCError) in try await sign(context) }
    }
    let draft = PendingDraft(
      data: data, life: life, isOneTime: isOneTime, maxAttempts: maxAttempts)
    let request = PendingRequest(.create(draft), type: type, retention: retention)
    return .ask(.pending(target.key, request)) { reply, context, result throws(RPCError) in
      if backend == .auto, case .failure(let error) = reply, error.isStoreUnwell {
        return { context throws(RPCError) in
          do throws(RPCError) {
            return try await sign(context)
          } catch {
            // Data that are too large for a token, or no key: it is the store that is missed.
            throw try failure(of: reply)
          }
        }
      }
      guard case .pending(let reply) = try reply.orThrow() else { throw .unexpectedReply }
      guard case .operation(let operation) = reply.outcome else {
        if case .refused(let refusal) = reply.outcome { throw refusal.error }
        throw .unexpectedReply
      }
      context.count(.createdInStore)
      write(ByteBuffer(string: token), target, operation.expiresAtMs, into: &result)
      return nil
    }
  }

  private func failure(of reply: StoreReply) throws(RPCError) -> RPCError {
    guard case .failure(let error) = reply else { throw .unexpectedReply }
    return error
  }

  private func sign(_ context: CallContext) async throws(RPCError) -> ByteBuffer {
    let times = PendingSigner.times(of: life)
    let cargo = PendingCargo(
      data: data, createdAtMs: times.createdAtMs, expiresAtMs: times.expiresAtMs,
      isOneTime: isOneTime, maxAttempts: maxAttempts, isSealed: isSealed, rest: life)
    let (token, target) = try await signer.sign(cargo, type: type)
    context.note(key: target.id)
    context.count(.createdAsToken)
    var result = ByteBuffer()
    write(token.bytes, target, cargo.expiresAtMs, into: &result)
    return result
  }

  private func write(
    _ token: ByteBuffer, _ target: PendingTarget, _ expiresAtMs: Int64,
    into result: inout ByteBuffer
  ) {
    result.writeStaticString("{\"token\":\"")
    result.writeImmutableBuffer(token)
    result.writeStaticString("\",\"backend\":\"")
    result.writeStaticString(target.backend)
    result.writeMoment(expiresAtMs, after: "\",\"expiresAt\":")
    result.writeStaticString(",\"id\":\"")
    result.writeString(target.id)
    result.writeStaticString("\"}")
  }
}

extension RPCError {
  /// Whether the store can't take anything at present. What may have been written all the same nobody
  /// has a token for.
  fileprivate var isStoreUnwell: Bool {
    switch reason {
    case .unavailable, .outcomeUnknown, .storeRefused, .overloaded: true
    default: false
    }
  }
}
