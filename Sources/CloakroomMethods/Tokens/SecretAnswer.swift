internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import CloakroomWire
internal import NIOCore

/// How a call with an idempotency key keeps an answer that nobody but its caller may read: sealed, as
/// the note of its idempotency record, and so in one step with what the call does.
///
/// A repeated call brings a secret of its own, which was never handed out, and is given the first one;
/// of many that race, all are given the same. Who reads the store learns nothing, and a sidecar with
/// the same keys can answer a call that another one was asked first.
struct SecretAnswer: Sendable {
  private let idempotency: IdempotencyRecord
  private let tokens: TokenService

  /// Nil for a call without an idempotency key.
  init?(_ arguments: borrowing Arguments) {
    guard let idempotency = arguments.idempotency else { return nil }
    self.idempotency = idempotency
    tokens = arguments.settings.tokens
  }

  // MARK: Sealing

  /// Seals an answer for its call's idempotency record.
  ///
  /// - Throws: UNAVAILABLE when there is no key to seal it by.
  func seal(_ answer: ByteBuffer) throws(RPCError) -> ByteBuffer {
    try tokens.ring.seal(answer, for: place)
  }

  /// Opens the first answer, as it was in the idempotency record.
  ///
  /// - Throws: CONFLICT when the key that it was sealed by is not here, or not any more; STORE_REFUSED
  ///   when it has been changed in the store.
  func open(_ sealed: ByteBuffer) throws(RPCError) -> ByteBuffer {
    do throws(KeyRing.NoteFault) {
      return try tokens.ring.unseal(sealed, for: place)
    } catch .noKey(let id) {
      throw RPCError(
        .conflict,
        "the call was done, but its answer can't be told again: the key that it is kept by is not here",
        details: [.text("keyId", id)])
    } catch {
      throw Self.broken
    }
  }

  // MARK: Answers of calls that do nothing else

  /// Makes an answer that is all that the call does, and keeps it.
  ///
  /// - Throws: what the making throws, unless there is an answer already. It may need what a repeated
  ///   call's sidecar has no more: a key that signs, say.
  func answer(
    _ context: CallContext, making make: () async throws(RPCError) -> ByteBuffer
  ) async throws(RPCError) -> (result: ByteBuffer, isFirst: Bool) {
    let note: ByteBuffer
    do throws(RPCError) {
      let version = RecordVersion(.random(in: .min ... .max))
      note = try KeptAnswer(.success(try await make()), version, sealed: self).note
    } catch {
      return (try await first(else: error, context), false)
    }
    let reply = await context.perform(idempotency.keeping(.nothing, step: 0, note: note))
    guard case .noted(let kept, _) = try reply.orThrow() else { throw KeptAnswer.unreadable }
    return (try KeptAnswer.result(of: kept, sealed: self), kept == note)
  }

  /// The answer that there is already; nil when the call was not made before.
  func first(_ context: CallContext) async throws(RPCError) -> ByteBuffer? {
    switch try await context.perform(idempotency.recall(step: 0)).orThrow() {
    case .value(nil): return nil
    case .noted(let note, _): return try KeptAnswer.result(of: note, sealed: self)
    default: throw KeptAnswer.unreadable
    }
  }

  /// The answer that there is already, in place of whatever stands in a repeated call's way.
  ///
  /// - Throws: the error, when there is no answer.
  func first(else error: RPCError, _ context: CallContext) async throws(RPCError) -> ByteBuffer {
    guard context.cancellation == nil else { throw error }
    guard let answer = try await first(context) else { throw error }
    return answer
  }

  private static var broken: RPCError {
    RPCError(
      .storeRefused, "what the store keeps of the call's answer can't be read",
      details: [.text("code", "BADSEAL")])
  }

  /// The idempotency record and its call: in another record, or for another call, what was sealed
  /// doesn't open.
  private var place: ByteBuffer {
    var place = ByteBuffer()
    place.writeInteger(idempotency.name.bytes.readableBytes)
    place.writeImmutableBuffer(idempotency.name.bytes)
    place.writeImmutableBuffer(idempotency.fingerprint.bytes)
    place.writeInteger(0)
    return place
  }
}

extension ByteBuffer {
  /// A string without escapes in a result that a method has written; nil when there is none.
  func string(_ name: StaticString) -> String? {
    let text = readableBytesSpan
    let members = JSONParts.of(ByteRange(0..<readableBytes), in: text, atMost: 16) ?? []
    guard let member = members.first(where: { $0.name.holds(name, in: text) }) else { return nil }
    return getString(at: readerIndex + member.content.start, length: member.content.count)
  }
}
