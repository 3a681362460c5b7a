internal import CloakroomCore
internal import NIOCore

/// What is asked of a pending operation, and what goes with each question.
struct PendingRequest: Sendable {
  /// What to do.
  let step: PendingStep
  /// The type that the operation must have, else WRONG_TYPE; nil takes any, for operators.
  let type: String?
  /// What to begin with when the store has no record: an operation whose data are in its token has
  /// none until it is used.
  let adopting: PendingDraft?
  /// How long things are kept that are over.
  let retention: PendingRetention

  /// Describes a step.
  init(
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
enum PendingStep: Sendable {
  /// Makes an operation of the request's type. → `.operation`; CONFLICT when there is another under
  /// that name. Made twice with the same data, it is one.
  case create(PendingDraft)
  /// Reads it, also while somebody has leased it; its data only if they are wanted. → `.operation`
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
  /// Ends it for the caller that has it, and keeps a result for a caller that asks again with the receipt.
  /// → `.committed`; LEASE_LOST for a receipt that is not the last, or when something has happened
  /// since.
  ///
  /// A lease that is over is no reason to refuse while nobody else has had the operation: what the
  /// caller has done in the meantime is done.
  case commit(receipt: String, result: ByteBuffer)
  /// Opens it again, unless its attempts are used up, and keeps what the caller says of why. → `.operation`;
  /// LEASE_LOST as `commit`
  case release(receipt: String, error: ByteBuffer? = nil)
  /// Opens a dead one again, with all its attempts and a new life. → `.operation`; CONFLICT when it
  /// is not dead
  case reopen
  /// Makes it as if the checkout with this receipt had never been, as long as the caller has it. → `.done`
  case withdraw(receipt: String)
  /// Does nothing but what has happened by itself. → `.done`
  case settle
}

/// A pending operation that is to be made.
struct PendingDraft: Sendable {
  /// Its data, any bytes.
  let data: ByteBuffer
  /// How long it lives from now on.
  let life: TimeToLive
  /// When it was made, in milliseconds since 1970; nil is now.
  let createdAtMs: Int64?
  /// What its maker has said of its use; the store only keeps it.
  let isOneTime: Bool
  /// How often it can be leased before it is dead; 0 is any number of times.
  let maxAttempts: Int

  /// Describes an operation.
  init(
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
struct PendingChange: Sendable {
  /// What becomes of the operation's life.
  enum Life: Sendable, Hashable {
    /// It ends when it would have ended.
    case keep
    /// As long as it was given last begins anew.
    case reset
    /// It lives this long from now on.
    case after(TimeToLive)
  }

  /// What becomes of the data.
  enum Content: Sendable {
    /// These take their place.
    case replacement(ByteBuffer)
    /// This is merged into them (RFC 7396).
    case patch(ByteBuffer)

    /// How long it is.
    var byteCount: Int {
      switch self {
      case .replacement(let data): data.readableBytes
      case .patch(let patch): patch.readableBytes
      }
    }
  }

  /// The data.
  let content: Content
  /// Write only over data that have this etag (`ETag.of`); nil writes over any.
  let etag: String?
  /// Write only over data that are as this wants them; nil writes over any.
  let condition: DataCondition?
  /// What becomes of its life.
  let life: Life
  /// How long patched data are at most, in bytes.
  let longest: Int

  /// Describes a change.
  init(
    _ content: Content, ifMatch etag: String? = nil, onlyIf condition: DataCondition? = nil,
    life: Life = .keep, longest: Int = .max
  ) {
    self.content = content
    self.etag = etag
    self.condition = condition
    self.life = life
    self.longest = longest
  }

  /// Describes a change to other data.
  init(data: ByteBuffer, ifMatch etag: String? = nil, life: Life = .keep) {
    self.init(.replacement(data), ifMatch: etag, life: life)
  }
}

/// A lease that somebody asks for.
struct PendingLease: Sendable {
  /// A digest of the receipt, which only the caller has.
  let receipt: String
  /// How long the operation is the caller's.
  ///
  /// It lives at least twice as long from now on, so that it can be leased once more when the caller
  /// dies.
  let life: TimeToLive

  /// Describes a lease.
  init(receipt: String, life: TimeToLive) {
    self.receipt = receipt
    self.life = life
  }
}

/// How long the store keeps what is over, in milliseconds.
///
/// Whatever these say, it is kept as long as the operation would have lived, and `slackMs` longer: a
/// token that carries its data is good until then where no record of its use is found.
struct PendingRetention: Sendable, Hashable {
  /// By how much clocks may be apart: ten minutes.
  static let slackMs: Int64 = 600_000

  /// Why an operation is gone: a day.
  var tombstoneMs: Int64
  /// What a commit was answered: a day.
  var receiptMs: Int64
  /// An operation that is dead: a week.
  var deadMs: Int64

  /// Describes how long things are kept.
  init(
    tombstoneMs: Int64 = 86_400_000, receiptMs: Int64 = 86_400_000, deadMs: Int64 = 604_800_000
  ) {
    self.tombstoneMs = tombstoneMs
    self.receiptMs = receiptMs
    self.deadMs = deadMs
  }

  /// Until when something is kept at least whose life ends then: forgotten earlier, it could begin anew, and
  /// its end would not be seen by a sweep.
  func end(of lifeEndMs: Int64) -> Int64 { lifeEndMs &+ max(tombstoneMs, Self.slackMs) }
}
