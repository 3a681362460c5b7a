internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import CloakroomWire
internal import NIOCore

/// One call of `pending.update`.
struct PendingUpdate: Sendable {
  private enum Change: Sendable {
    case replacement(ByteBuffer)
    case patch(ByteBuffer)
  }

  /// How often a patch is merged anew because somebody else was faster. Of many that are, each time
  /// one is done; so it takes as many callers at once to come to this.
  private static let mostTries = 2000

  /// The step of a call of several that changes something.
  private static let writing = 1

  private let call: PendingCall
  private let change: Change
  private let etag: String?
  private let life: PendingChange.Life
  private let isReissue: Bool
  private let signer: PendingSigner
  private let longest: Int
  private let record: OnceRecord?
  /// How a new token is kept; nil when the call can't be repeated.
  private let secret: SecretAnswer?

  /// Reads the call's parameters.
  init(_ arguments: inout Arguments) throws(RPCError) {
    guard arguments.has(2) != arguments.has(3) else {
      throw RPCError(.invalidParams, "either data or patch is given")
    }
    change =
      arguments.has(2)
      ? .replacement(try arguments.value(2, "data")) : .patch(try arguments.value(3, "patch"))
    etag = arguments.has(4) ? try arguments.string(4, "ifMatch", longest: ETag.length) : nil
    life = try arguments.lifeOfUpdate(5)
    isReissue = try arguments.flag(6, "reissue")
    call = try arguments.pendingCall()
    signer = PendingSigner(
      tokens: arguments.settings.tokens, names: try PendingNames(&arguments))
    longest = arguments.settings.frameBytes
    record = arguments.record
    secret = SecretAnswer(arguments)
  }

  /// How the call begins.
  var opening: Opening {
    guard case .known(let target) = call.place, target.carried == nil else {
      return .run { context throws(RPCError) in
        do throws(RPCError) {
          return try await reissue(context)
        } catch {
          return try await firstToken(else: error, context)
        }
      }
    }
    switch change {
    case .replacement(let data):
      return call.opening(.update(PendingChange(data: data, ifMatch: etag, life: life))) {
        reply, target, context, result throws(RPCError) in
        guard case .operation(let operation) = try call.outcome(of: reply, target) else {
          throw RPCError(.conflict)
        }
        context.count(.updated)
        result.writeUpdate(operation)
      }
    case .patch(let patch):
      return .ask(call.command(.read(withData: true), on: target)) {
        reply, context, _ throws(RPCError) in
        let outcome: Result<PendingOutcome, RPCError>
        do throws(RPCError) {
          outcome = .success(try call.outcome(of: reply, target))
        } catch {
          guard record != nil else { throw error }
          outcome = .failure(error)
        }
        return { context throws(RPCError) in
          do throws(RPCError) {
            guard case .operation(let operation) = try outcome.get() else { throw .unexpectedReply }
            return try await merge(patch, into: operation, target, context)
          } catch {
            return try await firstAnswer(else: error, context)
          }
        }
      }
    }
  }

  /// Merges, and writes what comes of it only over what it was merged into, until that succeeds.
  private func merge(
    _ patch: ByteBuffer, into operation: PendingOperation, _ target: PendingTarget,
    _ context: CallContext
  ) async throws(RPCError) -> ByteBuffer {
    var current = operation
    for attempt in 1...Self.mostTries {
      let before = ETag.of(current.data)
      if let etag, etag != before { throw RPCError(.conflict) }
      let data = try merged(patch, into: current.data)
      let step = PendingStep.update(PendingChange(data: data, ifMatch: before, life: life))
      let reply = await context.perform(
        context.once(call.command(step, on: target), step: Self.writing))
      switch try call.outcome(of: reply, target) {
      case .operation(let operation):
        context.count(.updated)
        var result = ByteBuffer()
        result.writeUpdate(operation)
        return result
      case .stale(let operation):
        current = operation
      default:
        throw .unexpectedReply
      }
      if let cancellation = context.cancellation { throw cancellation }
      // The more often it fails, the more are at it: they take turns sooner when not all hurry.
      if attempt > 2 {
        try await context.wait(
          for: .microseconds(Int64.random(in: 0...Int64(min(attempt, 50)) * 400)))
      }
    }
    throw RPCError(.conflict, "too many others change it at the same time")
  }

  private func merged(_ patch: ByteBuffer, into data: ByteBuffer) throws(RPCError) -> ByteBuffer {
    do throws(JSONFault) {
      try JSONScanner.validate(
        data.readableBytesSpan, depthLimit: JSONScanner.greatestDepthLimit)
    } catch {
      throw RPCError(
        .storeRefused, "what is stored for that token is not JSON",
        details: [.text("code", "NOTJSON")])
    }
    var result = ByteBuffer()
    MergePatch.apply(patch.readableBytesSpan, to: data.readableBytesSpan, into: &result)
    guard result.readableBytes <= longest else {
      throw RPCError(.tooLarge, "the data would have more than \(longest) bytes")
    }
    return result
  }

  // MARK: Another token

  /// Makes another token with the changed data, and uses up the old one.
  private func reissue(_ context: CallContext) async throws(RPCError) -> ByteBuffer {
    let target = try await call.target(context)
    guard isReissue, let old = target.carried else {
      throw RPCError(
        .immutable, "its data are in its token: reissue makes another token, with other data")
    }
    let reply = await context.perform(call.command(.read(withData: false), on: target))
    // Unlike reading, this is nothing to take a token at its word for.
    _ = try reply.orThrow()
    _ = try call.operation(readBy: reply, target)
    if let etag, etag != ETag.of(old.data) { throw RPCError(.conflict) }
    let data: ByteBuffer
    switch change {
    case .replacement(let replacement): data = replacement
    case .patch(let patch): data = try merged(patch, into: old.data)
    }
    let (signed, new) = try await signer.sign(try cargo(data, old), type: call.type)
    var result = ByteBuffer()
    result.writeUpdate(
      PendingOperation(
        type: call.type, data: data, createdAtMs: old.createdAtMs,
        expiresAtMs: signed.expiresAtMs), token: signed.bytes, id: new.id)
    // The old one is used up before the new one is told: two tokens of one operation must not be good
    // at the same time.
    let use = call.command(.consume, on: target)
    guard let secret else {
      _ = try call.outcome(of: await context.perform(use), target)
      context.count(.updated)
      return result
    }
    let step = try secret.keeping(use, secret: result, step: Self.writing)
    let used = await context.perform(step)
    _ = try call.outcome(of: used.answer, target)
    if used.isFirst(to: step) { context.count(.updated) }
    return try secret.secret(in: used, step: Self.writing)
  }

  /// The first answer of a call that has patched data, in place of what stands in a repeated one's
  /// way: the operation has ended since, or was changed, by that very call for one.
  private func firstAnswer(
    else error: RPCError, _ context: CallContext
  ) async throws(RPCError) -> ByteBuffer {
    let reply = try await context.firstAnswer(to: record, step: Self.writing, else: error)
    var result = ByteBuffer()
    result.writeUpdate(try reply.pendingOperation)
    return result
  }

  /// The same of a call that has made another token.
  private func firstToken(
    else error: RPCError, _ context: CallContext
  ) async throws(RPCError) -> ByteBuffer {
    guard let secret else { throw error }
    let reply = try await secret.first(else: error, step: Self.writing, context)
    _ = try reply.answer.pendingOperation
    return try secret.secret(in: reply, step: Self.writing)
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
