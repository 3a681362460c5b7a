internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// One call of `session.rotate`.
///
/// The new session is made first, from what the old one is; then the old one is ended, if it still is what it
/// was, and the answer is kept in the same step; then the new one is told that it is the only one. When the
/// call is cut short, the old session is as it was, or the new one is found by repeating the call; a new one
/// that nobody was told of ends by itself, in silence.
struct SessionRotation: Sendable {
  private let call: SessionCall
  private let principal: String?
  private let id: SessionID
  private let secret: SecretAnswer?

  /// How often it is begun anew because the session was changed meanwhile.
  private static let mostTries = 64

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
      let made = try await next.take(
        .succeed(record, whole: old.whole ?? ByteBuffer(), principal: principal), context)
      let result: ByteBuffer
      do throws(RPCError) {
        result = try await call.run(.retire(record), .init(secret: secret), context) {
          scene, result throws(RPCError) in
          write(made.record, ref, old, into: &result)
        }
      } catch {
        guard error == .movedSession, context.cancellation == nil else { throw error }
        continue
      }
      _ = try? await next.take(.confirm, context)
      return result
    }
    throw .movedSession
  }

  private func write(
    _ record: SessionRecord, _ ref: String, _ old: SessionScene, into result: inout ByteBuffer
  ) {
    result.writeStaticString("{\"sessionId\":\"")
    result.writeString(id.text)
    result.writeStaticString("\",\"ref\":\"")
    result.writeString(ref)
    result.writeStaticString("\"")
    result.writeEnd(record)
    result.writeWarnings(old)
  }
}
