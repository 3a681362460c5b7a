internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import CloakroomWire
internal import NIOCore

/// One call of `pending.update`.
struct PendingUpdate: Sendable {
  private let call: PendingCall
  private let content: PendingChange.Content
  private let etag: String?
  private let condition: DataCondition?
  private let life: PendingChange.Life
  private let isReissue: Bool
  private let signer: PendingSigner
  private let longest: Int
  /// How a new token is kept; nil when the call can't be repeated.
  private let secret: SecretAnswer?

  /// Reads the call's parameters.
  init(_ arguments: inout Arguments) throws(RPCError) {
    guard arguments.has(2) != arguments.has(3) else {
      throw RPCError(.invalidParams, "either data or patch is given")
    }
    content =
      arguments.has(2)
      ? .replacement(try arguments.value(2, "data")) : .patch(try arguments.clearValue(3, "patch"))
    etag = arguments.has(4) ? try arguments.string(4, "ifMatch", longest: ETag.length) : nil
    life = try arguments.lifeOfUpdate(5)
    isReissue = try arguments.flag(6, "reissue")
    condition = try arguments.condition(7)
    call = try arguments.pendingCall()
    signer = PendingSigner(
      tokens: arguments.settings.tokens, names: try PendingNames(&arguments))
    longest = arguments.settings.frameBytes
    secret = SecretAnswer(arguments)
  }

  /// How the call begins.
  var opening: Opening {
    guard case .known(let target) = call.place, target.carried == nil else {
      return .run { context throws(RPCError) in
        do throws(RPCError) {
          return try await reissue(context)
        } catch {
          guard let secret else { throw error }
          return try await secret.first(else: error, context)
        }
      }
    }
    let change = PendingChange(
      content, ifMatch: etag, onlyIf: condition, life: life, longest: longest)
    return call.opening(.update(change), counts: .updated) {
      outcome, _, result throws(RPCError) in
      switch outcome {
      case .operation(let operation): result.writeUpdate(operation)
      case .stale: throw RPCError(.conflict)
      default: throw .unexpectedReply
      }
    }
  }

  // MARK: Another token

  /// Makes another token with the changed data, and uses up the old one.
  private func reissue(_ context: CallContext) async throws(RPCError) -> ByteBuffer {
    let target = try await call.target(context)
    guard isReissue, let old = target.carried else {
      throw RPCError(
        .immutable, "its data are in its token: reissue makes another token, with other data")
    }
    // Unlike reading, this is nothing to take a token at its word for.
    let look = RecordCall(
      PendingRecord.self, target.key, call.request(.read(withData: false), of: target)
    ) { outcome, _ throws(RPCError) -> Tally? in
      switch outcome {
      case .refused(.notFound) where old.rest != nil: return nil
      case .refused(.notFound): throw RPCError(.expired)
      case .refused(let refusal): throw refusal.error
      default: return nil
      }
    }
    _ = try await context.run(look)
    if let etag, etag != ETag.of(old.data) { throw RPCError(.conflict) }
    let data = try await changed(old.data, context)
    let (signed, new) = try await signer.sign(try cargo(data, old), type: call.type, context)
    var written = ByteBuffer()
    written.writeUpdate(
      PendingOperation(
        type: call.type, data: data, createdAtMs: old.createdAtMs,
        expiresAtMs: signed.expiresAtMs), token: signed.bytes, id: new.id)
    let answer = written
    // The old one is used up before the new one is told: two tokens of one operation must not be good
    // at the same time.
    let use = call.call(.consume, on: target, counts: .updated, secret: secret) {
      _, _, result throws(RPCError) in
      result.writeImmutableBuffer(answer)
    }
    return try await context.run(use)
  }

  /// What becomes of the data.
  private func changed(
    _ data: ByteBuffer, _ context: CallContext
  ) async throws(RPCError) -> ByteBuffer {
    if condition == nil, case .replacement(let replacement) = content { return replacement }
    return try await context.compute { [condition, content, longest] () throws(RPCError) in
      var allowance = WorkAllowance.whole
      try condition?.check(data, &allowance)
      switch content {
      case .replacement(let replacement): return replacement
      case .patch(let patch):
        do throws(PendingRefusal) {
          return try PendingRecord.merged(patch, into: data, longest: longest)
        } catch {
          throw error.error
        }
      }
    }
  }

  private func cargo(
    _ data: ByteBuffer, _ old: PendingCargo
  ) throws(RPCError) -> PendingCargo {
    let whole = old.expiresAtMs - old.createdAtMs
    var end = old.expiresAtMs
    switch life {
    case .keep: break
    case .reset: end = PendingSigner.times(of: try TimeToLive(milliseconds: whole)).expiresAtMs
    case .after(let life): end = PendingSigner.times(of: life).expiresAtMs
    }
    return PendingCargo(
      data: data, createdAtMs: old.createdAtMs, expiresAtMs: end, isOneTime: old.isOneTime,
      maxAttempts: old.maxAttempts, isSealed: old.isSealed, rest: nil)
  }
}

extension ByteBuffer {
  /// Writes the result of an update.
  fileprivate mutating func writeUpdate(
    _ operation: PendingOperation, token: ByteBuffer? = nil, id: String? = nil
  ) {
    writeStaticString("{\"etag\":\"")
    writeString(ETag.of(operation.data))
    writeMoment(operation.expiresAtMs, after: "\",\"expiresAt\":")
    if let token, let id {
      writeStaticString(",\"token\":\"")
      writeImmutableBuffer(token)
      writeStaticString("\",\"id\":\"")
      writeString(id)
      writeStaticString("\"")
    }
    writeStaticString("}")
  }
}
