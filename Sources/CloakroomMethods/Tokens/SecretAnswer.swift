internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import CloakroomWire
internal import NIOCore

/// How a call with an idempotency key keeps an answer that nobody but its caller may read: sealed, as
/// the note of its record, and so in one step with what the call does.
///
/// A repeated call brings a secret of its own, which was never handed out, and is given the first one;
/// of many that race, all are given the same. Who reads the store learns nothing, and a sidecar with
/// the same keys can answer a call that another one was asked first.
struct SecretAnswer: Sendable {
  private let record: OnceRecord
  private let tokens: TokenService

  /// Nil for a call without an idempotency key.
  init?(_ arguments: borrowing Arguments) {
    guard let record = arguments.record else { return nil }
    self.record = record
    tokens = arguments.settings.tokens
  }

  // MARK: Keeping

  /// A mutation that keeps a secret with its answer.
  ///
  /// - Throws: UNAVAILABLE when there is no key to seal it by.
  func keeping(
    _ command: StoreCommand, secret: ByteBuffer, step: Int = 0
  ) throws(RPCError) -> StoreCommand {
    record.keeping(
      command, step: step, note: try tokens.ring.seal(secret, for: place(step: step)))
  }

  /// Makes an answer that is nothing but a secret, and keeps it.
  ///
  /// - Returns: the store's reply, to be read by `secret`.
  /// - Throws: what the making throws, unless there is an answer already. It may need what a repeated
  ///   call's sidecar has no more: a key that signs, say.
  func reply(
    _ context: CallContext, making make: () async throws(RPCError) -> ByteBuffer
  ) async throws(RPCError) -> (StoreReply, isFirst: Bool) {
    let command: StoreCommand
    do throws(RPCError) {
      command = try keeping(.nothing, secret: try await make())
    } catch {
      return (try await first(else: error, context), false)
    }
    let reply = try await context.perform(command).orThrow()
    return (reply, reply.isFirst(to: command))
  }

  // MARK: Reading

  /// The answer that there is already, in place of whatever stands in a repeated call's way.
  ///
  /// - Throws: the error, when there is no answer.
  func first(
    else error: RPCError, step: Int = 0, _ context: CallContext
  ) async throws(RPCError) -> StoreReply {
    try await context.firstAnswer(to: record, step: step, else: error)
  }

  /// The secret in an answer: the first call's.
  ///
  /// - Throws: CONFLICT when the key that it was sealed by is not here, or not any more; STORE_REFUSED
  ///   when it has been changed in the store.
  func secret(in reply: StoreReply, step: Int = 0) throws(RPCError) -> ByteBuffer {
    guard case .noted(let note, _) = reply else { throw Self.broken }
    do throws(KeyRing.NoteFault) {
      return try tokens.ring.unseal(note, for: place(step: step))
    } catch .noKey(let id) {
      throw RPCError(
        .conflict,
        "the call was done, but its answer can't be told again: the key that it is kept by is not here",
        details: [.text("keyId", id)])
    } catch {
      throw Self.broken
    }
  }

  private static var broken: RPCError {
    RPCError(
      .storeRefused, "what the store keeps of the call's answer can't be read",
      details: [.text("code", "BADSEAL")])
  }

  /// The record and the call that it is of: in another record, or under another call, what was sealed
  /// doesn't open.
  private func place(step: Int) -> ByteBuffer {
    var place = ByteBuffer()
    place.writeInteger(record.name.bytes.readableBytes)
    place.writeImmutableBuffer(record.name.bytes)
    place.writeImmutableBuffer(record.fingerprint.bytes)
    place.writeInteger(step)
    return place
  }
}

extension CallContext {
  /// The answer that a step of a call has been given already, in place of whatever stands in the way of
  /// a repeated one: what the first one was done to may have ended since, or have been changed.
  ///
  /// - Throws: the error, when there is no answer, or nobody waits for one any more.
  func firstAnswer(
    to record: OnceRecord?, step: Int, else error: RPCError
  ) async throws(RPCError) -> StoreReply {
    guard let record, cancellation == nil else { throw error }
    let reply = try await perform(record.recall(step: step)).orThrow()
    if case .value(nil) = reply { throw error }
    return reply
  }
}

extension StoreReply {
  /// The reply without its note.
  var answer: StoreReply {
    if case .noted(_, let reply) = self { reply } else { self }
  }

  /// Whether it is the command that was answered, and not one before it: the note is its own.
  func isFirst(to command: StoreCommand) -> Bool {
    guard case .noted(let note, _) = self, case .once(let record, _) = command else { return false }
    return record.note == note
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
