/// A call on a pending operation, and what its caller was told.
public struct OperationCall: Sendable, Hashable, CustomStringConvertible {
  /// What a call does.
  public enum Event: Sendable, Hashable {
    /// `pending.create` with the idempotency key of the operation's own creation.
    case createAgain
    /// `pending.verify`
    case verify
    /// `pending.exists`
    case exists
    /// `pending.dead`: is it among those?
    case listDead
    /// `pending.consume`
    case consume
    /// `pending.delete`
    case delete
    /// `pending.update` with other data, over any or only over those of one write.
    case replace(write: Int, over: Int?)
    /// `pending.update` with a patch, likewise.
    case patch(write: Int, over: Int?)
    /// `pending.checkout`
    case checkout(leaseMs: Int64)
    /// `pending.commit` with a receipt and a result.
    case commit(receipt: Int, result: Int)
    /// `pending.release` with a receipt.
    case release(receipt: Int)
    /// `pending.reopen`
    case reopen
  }

  /// What a caller is told.
  public enum Told: Sendable, Hashable {
    /// Nothing, or that nobody knows.
    case unknown
    /// The operation as it stands.
    case operation(OperationContent, Standing, attempts: Int)
    /// The data, which are nobody else's.
    case consumed(OperationContent)
    /// The data, and what they are held by.
    case leased(OperationContent, receipt: Int, attempt: Int, fence: Int)
    /// The result of the commit that was the first.
    case committed(result: Int)
    /// How it stands after a release.
    case released(Standing, attempts: Int)
    /// Whether it is in the list.
    case listed(Bool)
    /// That it is done, or is so.
    case yes
    /// Why it is not done.
    case refused(Refusal)
  }

  /// How an operation that is not over stands.
  public enum Standing: String, Sendable, Hashable {
    /// It can be had.
    case open
    /// Somebody has it.
    case checkedOut = "checked_out"
    /// Its attempts are used up.
    case dead
  }

  /// Why a call is not done.
  public enum Refusal: String, Sendable, Hashable {
    /// It was used.
    case consumed = "CONSUMED"
    /// It was deleted.
    case deleted = "DELETED"
    /// Somebody has it.
    case checkedOut = "CHECKED_OUT"
    /// The receipt is not the last one.
    case leaseLost = "LEASE_LOST"
    /// It has other data, or is not dead.
    case conflict = "CONFLICT"
    /// Its attempts are used up.
    case dead = "CONFLICT, dead"
  }

  /// What the call does.
  public let event: Event
  /// What its caller was told.
  public let told: Told
  /// The number of its idempotency key: calls of one key are one call.
  public let key: Int?

  /// Describes a call.
  public init(_ event: Event, _ told: Told, key: Int? = nil) {
    self.event = event
    self.told = told
    self.key = key
  }

  /// The call and its answer in a line.
  public var description: String {
    "\(event)\(key.map { " under key \($0)" } ?? "") → \(told)"
  }
}

/// An operation's data, as these calls make them: every write has a number and leaves it there.
public struct OperationContent: Sendable, Hashable {
  /// The write that has set all of it.
  public var base = 0
  /// The patches since, a bit each.
  public var patches: UInt64 = 0
  /// The last write.
  public var last = 0

  /// What an operation is created with.
  public init() {}

  /// What is left after a write of all of it, and patches upon that.
  public init(base: Int, patches: [Int] = []) {
    self.base = base
    last = patches.last ?? base
    for write in patches { insert(patch: write) }
  }

  /// Takes in a patch.
  public mutating func insert(patch write: Int) {
    patches |= 1 << UInt64(write & 63)
    last = write
  }
}
