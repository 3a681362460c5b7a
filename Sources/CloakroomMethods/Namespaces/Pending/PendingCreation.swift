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
  /// How the answer is kept; nil when the call can't be repeated.
  private let secret: SecretAnswer?

  /// Reads the call's parameters; what it doesn't give its preset does, or else the configuration.
  init(_ arguments: inout Arguments) throws(RPCError) {
    let settings = arguments.settings.pending
    let preset = try arguments.preset(6, in: settings.presets)
    type = try arguments.operationType(0, otherwise: preset?.name)
    data = try arguments.value(1, "data")
    life = try arguments.life(
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
    signer = PendingSigner(tokens: arguments.settings.tokens, names: names)
    retention = arguments.settings.pendingRetention
    token = PendingToken.random()
    let id = PendingToken.id(ofStored: token)
    target = PendingTarget(id: id, key: try names.key(id))
    secret = SecretAnswer(arguments)
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
    let call = RecordCall(PendingRecord.self, target.key, request, secret: secret) {
      outcome, result throws(RPCError) -> Tally? in
      let operation = try outcome.operation
      write(ByteBuffer(string: token), target, operation.expiresAtMs, into: &result)
      return { $0.count(.createdInStore) }
    }
    if let secret {
      // The first call's answer, wherever that has put the data: the default may have been another one.
      return .run { context throws(RPCError) in
        noted(try await kept(call, secret, context), context)
      }
    }
    guard backend == .auto else { return .record(call) }
    return .record(
      call,
      otherwise: { missed in
        guard missed.isStoreUnwell else { return nil }
        return { context throws(RPCError) in
          do throws(RPCError) {
            return try await sign(context)
          } catch {
            // Data that are too large for a token, or no key: it is the store that is missed.
            throw missed
          }
        }
      })
  }

  /// The answer of a call that may be repeated. Without the store nobody knows whether it is the first:
  /// what is to be in the store when that is healthy is not signed in its place.
  private func kept(
    _ call: RecordCall, _ secret: SecretAnswer, _ context: CallContext
  ) async throws(RPCError) -> ByteBuffer {
    do throws(RPCError) {
      _ = try secret.seal(ByteBuffer())
    } catch {
      return try await secret.first(else: error, context)
    }
    return try await context.run(call)
  }

  /// Names the operation in the access log that an answer is of.
  private func noted(_ result: ByteBuffer, _ context: CallContext) -> ByteBuffer {
    if let id = result.string("id") { context.note(key: id) }
    return result
  }

  private func sign(_ context: CallContext) async throws(RPCError) -> ByteBuffer {
    guard let secret else {
      let (result, id) = try await signed(context)
      context.note(key: id)
      context.count(.createdAsToken)
      return result
    }
    let (result, isFirst) = try await secret.answer(context) { () async throws(RPCError) in
      try await signed(context).result
    }
    if isFirst { context.count(.createdAsToken) }
    return noted(result, context)
  }

  /// The result with a token that was signed just now.
  private func signed(
    _ context: CallContext
  ) async throws(RPCError) -> (result: ByteBuffer, id: String) {
    let times = PendingSigner.times(of: life)
    let cargo = PendingCargo(
      data: data, createdAtMs: times.createdAtMs, expiresAtMs: times.expiresAtMs,
      isOneTime: isOneTime, maxAttempts: maxAttempts, isSealed: isSealed, rest: life)
    let (token, target) = try await signer.sign(cargo, type: type, context)
    var result = ByteBuffer()
    write(token.bytes, target, cargo.expiresAtMs, into: &result)
    return (result, target.id)
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
