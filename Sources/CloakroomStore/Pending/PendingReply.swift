public import NIOCore

/// What a step on a pending operation came to.
public struct PendingReply: Sendable, Equatable {
  /// What there is to say to the caller.
  public let outcome: PendingOutcome
  /// What this step was the first to find.
  public let noticed: PendingNotice?

  /// Describes a reply.
  public init(_ outcome: PendingOutcome, noticed: PendingNotice? = nil) {
    self.outcome = outcome
    self.noticed = noticed
  }
}

/// What a step has found that had happened by itself; each is found once.
public enum PendingNotice: Int, Sendable, Hashable {
  /// The operation's life is over.
  case expired = 1
  /// Its last lease has ended without a commit.
  case dead = 2
}

/// What a step on a pending operation is answered.
public enum PendingOutcome: Sendable, Equatable {
  /// The operation, as it is or was.
  case operation(PendingOperation)
  /// The operation, and what the caller holds it by.
  case leased(PendingOperation, PendingGrant)
  /// The operation was left as it is: its etag is another.
  case stale(PendingOperation)
  /// The operation is over; what the commit that ended it was given, and when, in milliseconds since
  /// 1970.
  case committed(result: ByteBuffer, atMs: Int64)
  /// It was done, and there is nothing more to say.
  case done
  /// When something may happen by itself, in milliseconds since 1970 by the store's clock; nil when
  /// nothing will.
  case settled(nextAtMs: Int64?)
  /// Names, in no order, and where to go on; 0 when all have been looked at.
  case names([StoreKey], next: UInt64)
  /// It was not done.
  case refused(PendingRefusal)
}

/// What a lease grants.
public struct PendingGrant: Sendable, Equatable {
  /// A number that is greater than any that the operation was leased with before.
  public let fence: Int64
  /// When the lease ends, in milliseconds since 1970 by the store's clock.
  public let endsAtMs: Int64

  /// Describes a lease.
  public init(fence: Int64, endsAtMs: Int64) {
    self.fence = fence
    self.endsAtMs = endsAtMs
  }
}

/// A pending operation as the store has it.
public struct PendingOperation: Sendable, Equatable {
  /// Whether somebody can have it.
  public enum State: Int, Sendable {
    /// Whoever has the token can.
    case open = 0
    /// Somebody has it.
    case leased = 1
    /// Its attempts are used up.
    case dead = 2
  }

  /// Its type.
  public var type: String
  /// Its data; empty for one whose data are in its token.
  public var data: ByteBuffer
  /// When it was made, in milliseconds since 1970.
  public var createdAtMs: Int64
  /// When its life ends, likewise.
  public var expiresAtMs: Int64
  /// What its maker has said of its use.
  public var isOneTime: Bool
  /// How often it can be leased; 0 is any number of times.
  public var maxAttempts: Int
  /// How often it has been leased.
  public var attempts: Int
  /// Whether somebody can have it.
  public var state: State

  /// Describes an operation.
  public init(
    type: String, data: ByteBuffer, createdAtMs: Int64, expiresAtMs: Int64,
    isOneTime: Bool = false, maxAttempts: Int = 0, attempts: Int = 0, state: State = .open
  ) {
    self.type = type
    self.data = data
    self.createdAtMs = createdAtMs
    self.expiresAtMs = expiresAtMs
    self.isOneTime = isOneTime
    self.maxAttempts = maxAttempts
    self.attempts = attempts
    self.state = state
  }
}
