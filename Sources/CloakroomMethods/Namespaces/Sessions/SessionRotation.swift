internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// One call of `session.rotate`.
///
/// The new session is made first, from what the old one is; then the old one is ended in its favour, if it
/// still is what it was, and the answer is kept in the same step; then the new one is told that it is the only
/// one. What was made is taken back when the old one is not ended; where nobody can say whether it was, or the
/// sidecar has died, the new one is looked at later: see `SessionRecord.Origin`.
struct SessionRotation: Sendable {
  private let call: SessionCall
  private let principal: String?
  private let id: SessionID
  private let secret: SecretAnswer?

  /// How often it is begun anew because the session was changed meanwhile.
  private static let mostTries = 64
  /// How often the old session is ended until it is known whether it is.
  private static let mostEndings = 8
  /// How long to wait in between.
  private static let pause = Duration.milliseconds(50)

  /// Reads the call's parameters.
  init(_ arguments: inout Arguments) throws(RPCError) {
    principal = try arguments.principal(1)
    call = try arguments.sessionCall(metadata: 2)
    id = try SessionID.random()
    secret = SecretAnswer(arguments)
  }

  /// How the call begins.
  var opening: Opening { .run { context throws(RPCError) in try await rotate(context) } }

  private func rotate(_ context: CallContext) async throws(RPCError) -> ByteBuffer {
    if let secret {
      if let first = try await secret.first(context) { return first }
      _ = try secret.seal(ByteBuffer())
    }
    guard let oldRef = call.ref else { throw .noSession }
    let environment = call.environment
    let ref = id.ref
    let next = SessionCall(id: id.text, ref: ref, visitor: nil, environment: environment)
    for _ in 0..<Self.mostTries {
      let old = try await call.take(.read(whole: true), context)
      let record = old.record
      guard record.state == .open else { throw record.refusal(at: context.storeTimeMs) }
      if let owner = principal ?? record.principal {
        try await environment.index(ref, of: owner, untilMs: record.endAtMs, context)
      }
      do throws(RPCError) {
        let made = try await make(next, of: old, oldRef, context)
        let result = try await retire(old, for: made, context)
        if result == answer(made, old) {
          _ = try? await next.take(.confirm, context)
        } else {
          // Another call of the same idempotencyKey was answered first: its session is the one that goes on.
          next.takeBack(by: .discard, context)
        }
        return result
      } catch {
        // What has become of the old session is not known: the new one may be somebody's.
        guard error.reason != .outcomeUnknown else { throw error }
        guard error == .movedSession, context.cancellation == nil else {
          next.takeBack(by: .discard, context)
          throw error
        }
      }
    }
    next.takeBack(by: .discard, context)
    throw .movedSession
  }

  /// Makes the new session. Where it isn't known whether that was done, nothing was: it will be taken back.
  private func make(
    _ next: SessionCall, of old: SessionScene, _ oldRef: String, _ context: CallContext
  ) async throws(RPCError) -> SessionRecord {
    let origin = SessionOrigin(ref: oldRef, record: old.record)
    do throws(RPCError) {
      return try await next.take(
        .succeed(origin, whole: old.whole ?? ByteBuffer(), principal: principal), context
      ).record
    } catch {
      throw error.reason == .outcomeUnknown ? RPCError(.unavailable) : error
    }
  }

  /// Ends the old session in favour of the new one. Where it isn't known whether that was done it is done again,
  /// which is the same: it is ended in favour of this one and of no other.
  private func retire(
    _ old: SessionScene, for new: SessionRecord, _ context: CallContext
  ) async throws(RPCError) -> ByteBuffer {
    let step = SessionStep.retire(
      old.record, successor: id.ref, beforeMs: new.activeAtMs &+ SessionRecord.retireMs)
    var unknown: RPCError?
    for _ in 0..<Self.mostEndings {
      do throws(RPCError) {
        if let cancellation = context.cancellation { throw cancellation }
        return try await call.run(step, .init(secret: secret), context) {
          scene, result throws(RPCError) in
          result = answer(new, old)
        }
      } catch {
        if error.reason == .outcomeUnknown {
          unknown = error
        } else if unknown == nil || error.saysHowItStands {
          // It was not ended, and can't be any more by what was sent.
          throw error
        }
      }
      guard context.cancellation == nil else { break }
      try? await context.wait(for: Self.pause)
    }
    throw unknown ?? RPCError(.outcomeUnknown)
  }

  private func answer(_ record: SessionRecord, _ old: SessionScene) -> ByteBuffer {
    var result = ByteBuffer()
    result.writeStaticString("{\"sessionId\":\"")
    result.writeString(id.text)
    result.writeStaticString("\",\"ref\":\"")
    result.writeString(id.ref)
    result.writeStaticString("\"")
    result.writeEnd(record)
    result.writeWarnings(old)
    return result
  }
}

extension RPCError {
  /// Whether it tells of a session as it is, and not of a store that can't be asked.
  fileprivate var saysHowItStands: Bool {
    switch reason {
    case .conflict, .checkedOut, .forbidden: true
    default: hasNoSession || self == .movedSession
    }
  }
}
