public import CloakroomCore

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

  /// Names a record.
  public init(name: StoreKey, fingerprint: Fingerprint, life: TimeToLive, step: Int = 0) {
    self.name = name
    self.fingerprint = fingerprint
    self.life = life
    self.step = step
  }

  /// A command that keeps its answer in the record, or the command itself when it is no mutation.
  public func keeping(_ command: StoreCommand, step: Int) -> StoreCommand {
    guard command.isMutation else { return command }
    var record = self
    record.step = step
    return .once(record, command)
  }
}
