public import CloakroomCore
public import NIOCore

/// Where the answers to one call are kept, so that the call does nothing twice.
///
/// A call has one record, whatever the number of its steps; each step finds its own first answer in
/// it.
public struct OnceRecord: Sendable, Hashable {
  /// The record's name, made from the caller's service, scope and idempotency key.
  public let name: StoreKey
  /// What the call asks for: a call under the same name with another fingerprint is refused.
  public let fingerprint: Fingerprint
  /// How long the record lives, from the first step that it keeps an answer to.
  public let life: TimeToLive
  /// Which of the call's steps this is, from 0.
  public private(set) var step: Int
  /// What is kept with the step's answer, and comes with it each time it is given: the first call's,
  /// whatever a repeated one brings. Others can read it in the store.
  public private(set) var note: ByteBuffer?

  /// Names a record.
  public init(name: StoreKey, fingerprint: Fingerprint, life: TimeToLive, step: Int = 0) {
    self.name = name
    self.fingerprint = fingerprint
    self.life = life
    self.step = step
  }

  /// A command that keeps its answer in the record, or the command itself when it is no mutation, or
  /// keeps its answer already.
  ///
  /// - Parameter note: what to keep with the answer, which is then `.noted`; for a step on a pending
  ///   operation, or for `nothing`. An empty one is none.
  public func keeping(
    _ command: StoreCommand, step: Int, note: ByteBuffer? = nil
  ) -> StoreCommand {
    if case .once = command { return command }
    guard command.isMutation else { return command }
    var record = self
    record.step = step
    record.note = note.flatMap { $0.readableBytes > 0 ? $0 : nil }
    return .once(record, command)
  }

  /// A look at the answer to a step.
  public func recall(step: Int) -> StoreCommand {
    var record = self
    record.step = step
    return .recall(record)
  }
}
