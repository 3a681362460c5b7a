public import CloakroomCore
public import NIOCore

/// Where the answers to one call are kept, so that the call does nothing twice.
///
/// A call has one, whatever the number of its steps; each step finds its own first answer in it. A
/// class: few calls have one, and to all others it is a pointer that is nil.
public final class IdempotencyRecord: Sendable {
  /// The record's name, made from the caller's service, scope and idempotency key.
  public let name: StoreKey
  /// What the call asks for: a call under the same name with another fingerprint is refused.
  public let fingerprint: Fingerprint
  /// How long the record lives, from the first step that it keeps an answer to.
  public let life: TimeToLive
  /// Which of the call's steps this is, from 0.
  public let step: Int
  /// What is kept with the step's answer, and comes with it each time it is given: the first call's,
  /// whatever a repeated one brings. Others can read it in the store.
  public let note: ByteBuffer?

  /// Names the record of a call.
  public init(name: StoreKey, fingerprint: Fingerprint, life: TimeToLive, step: Int = 0) {
    self.name = name
    self.fingerprint = fingerprint
    self.life = life
    self.step = step
    note = nil
  }

  /// The same record for one of its steps.
  private init(_ idempotency: IdempotencyRecord, step: Int, note: ByteBuffer? = nil) {
    name = idempotency.name
    fingerprint = idempotency.fingerprint
    life = idempotency.life
    self.step = step
    self.note = note
  }

  /// A command that keeps its answer in the record, or the command itself when it is no mutation, or
  /// keeps its answer already.
  ///
  /// - Parameter note: what to keep with the answer, which is then `.noted`; for a commit,
  ///   or for `nothing`. An empty one is none.
  public func keeping(
    _ command: StoreCommand, step: Int, note: ByteBuffer? = nil
  ) -> StoreCommand {
    if case .idempotent = command { return command }
    guard command.isMutation else { return command }
    let note = note.flatMap { $0.readableBytes > 0 ? $0 : nil }
    return .idempotent(IdempotencyRecord(self, step: step, note: note), command)
  }

  /// A look at the answer to a step.
  public func recall(step: Int) -> StoreCommand {
    .recall(IdempotencyRecord(self, step: step))
  }
}

extension IdempotencyRecord: Equatable {
  /// Whether two records are the same in all that there is to them.
  public static func == (left: IdempotencyRecord, right: IdempotencyRecord) -> Bool {
    left.name == right.name && left.fingerprint == right.fingerprint && left.life == right.life
      && left.step == right.step && left.note == right.note
  }
}

extension RPCError {
  /// The call was done before, by an earlier version of the sidecar for one, or somebody else has written to its
  /// record.
  package static let unreadableAnswer = RPCError(
    .conflict, "the call was done before, but what was kept of its answer can't be read",
    details: [.text("code", "NOTANSWER")])
}
