public import CloakroomCore
public import NIOCore

/// One atomic step on a pending operation, and what goes with each of them.
///
/// An operation is open, leased to one caller, dead (its attempts are used up), or gone; of one that
/// is gone a tombstone says why. Everything is decided by the store's own clock: an operation whose
/// time has come is gone even while its record is still there.
public struct PendingRequest: Sendable {
  /// What to do.
  public let step: PendingStep
  /// The type that the operation must have, else WRONG_TYPE; nil takes any, for operators.
  public let type: String?
  /// What to make first when the store has no record: an operation whose data are in its token has
  /// none until it is used.
  public let adopting: PendingDraft?
  /// How long things are kept that are over.
  public let retention: PendingRetention

  /// Describes a step.
  public init(
    _ step: PendingStep, type: String?, adopting: PendingDraft? = nil,
    retention: PendingRetention = PendingRetention()
  ) {
    self.step = step
    self.type = type
    self.adopting = adopting
    self.retention = retention
  }
}

/// What to do with a pending operation.
public enum PendingStep: Sendable {
  /// Makes an operation of the request's type. → `.operation`; CONFLICT when there is another under
  /// that name. Made twice with the same data, it is one.
  case create(PendingDraft)
  /// Reads it, whoever has it; its data only if they are wanted. → `.operation`
  case read(withData: Bool)
  /// Reads it and ends it, once. → `.operation`; the second one gets CONSUMED
  case consume
  /// Writes its data. → `.operation`, or `.stale` when its etag is another
  case update(PendingChange)
  /// Ends it. → `.done`
  case delete
  /// Leases it to one caller. → `.leased`; CHECKED_OUT while somebody else has it. The same receipt
  /// again is answered as it was.
  case checkout(PendingLease)
  /// Ends it for the caller that has it, and keeps a result for whoever asks again with the receipt.
  /// → `.committed`; LEASE_LOST for a receipt that is not the last, or when something has happened
  /// since.
  ///
  /// A lease that is over is no reason to refuse while nobody else has had the operation: what the
  /// caller has done in the meantime is done.
  case commit(receipt: String, result: ByteBuffer)
  /// Opens it again, unless its attempts are used up. → `.operation`; LEASE_LOST as `commit`
  case release(receipt: String)
  /// Opens a dead one again, with all its attempts and a new life. → `.operation`; CONFLICT when it
  /// is not dead
  case reopen
  /// Does nothing but what has happened by itself, and tells when to look again. → `.settled`
  case settle
  /// Lists names that begin with the command's key; about `count` are looked at. Some of them may be
  /// names of no operation. → `.names`
  case names(from: UInt64, count: Int)
}

/// A pending operation that is to be made.
public struct PendingDraft: Sendable {
  /// Its data, any bytes.
  public let data: ByteBuffer
  /// How long it lives from now on.
  public let life: TimeToLive
  /// When it was made, in milliseconds since 1970; nil is now.
  public let createdAtMs: Int64?
  /// What its maker has said of its use; the store only keeps it.
  public let isOneTime: Bool
  /// How often it can be leased before it is dead; 0 is any number of times.
  public let maxAttempts: Int

  /// Describes an operation.
  public init(
    data: ByteBuffer, life: TimeToLive, createdAtMs: Int64? = nil, isOneTime: Bool = false,
    maxAttempts: Int = 0
  ) {
    self.data = data
    self.life = life
    self.createdAtMs = createdAtMs
    self.isOneTime = isOneTime
    self.maxAttempts = maxAttempts
  }
}

/// New data for a pending operation.
public struct PendingChange: Sendable {
  /// What becomes of the operation's life.
  public enum Life: Sendable, Hashable {
    /// It ends when it would have ended.
    case keep
    /// As long as it was given last begins anew.
    case reset
    /// It lives this long from now on.
    case after(TimeToLive)
  }

  /// The data.
  public let data: ByteBuffer
  /// Write only over data that have this etag (`ETag.of`); nil writes over any.
  public let etag: String?
  /// What becomes of its life.
  public let life: Life

  /// Describes a change.
  public init(data: ByteBuffer, ifMatch etag: String? = nil, life: Life = .keep) {
    self.data = data
    self.etag = etag
    self.life = life
  }
}

/// A lease that somebody asks for.
public struct PendingLease: Sendable {
  /// A digest of the receipt, which only the caller has.
  public let receipt: String
  /// How long the operation is the caller's.
  ///
  /// It lives at least twice as long from now on, so that it can be leased once more when the caller
  /// dies.
  public let life: TimeToLive

  /// Describes a lease.
  public init(receipt: String, life: TimeToLive) {
    self.receipt = receipt
    self.life = life
  }
}

/// How long the store keeps what is over, in milliseconds.
///
/// Whatever these say, it is kept as long as the operation would have lived, and `slackMs` longer: a
/// token that carries its data is good until then for whoever finds no record of its use.
public struct PendingRetention: Sendable, Hashable {
  /// By how much clocks may be apart: ten minutes.
  public static let slackMs: Int64 = 600_000

  /// Why an operation is gone: a day.
  public var tombstoneMs: Int64
  /// What a commit was answered: a day.
  public var receiptMs: Int64
  /// An operation that is dead: a week.
  public var deadMs: Int64

  /// Describes how long things are kept.
  public init(
    tombstoneMs: Int64 = 86_400_000, receiptMs: Int64 = 86_400_000, deadMs: Int64 = 604_800_000
  ) {
    self.tombstoneMs = tombstoneMs
    self.receiptMs = receiptMs
    self.deadMs = deadMs
  }
}
