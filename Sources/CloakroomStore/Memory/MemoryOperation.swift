internal import CloakroomCore
internal import NIOCore

/// One pending operation of the store in memory, or the tombstone of one.
struct MemoryOperation: MemoryCharged {
  /// How it stands.
  enum State: Sendable {
    case open, leased, dead
    case expired, consumed, deleted
    case committed(result: ByteBuffer, atMs: Int64)
  }

  /// What an operation is taken to cost beside its key, data and result, in bytes: its share of the
  /// table and the queue, and a type and a receipt of any length.
  private static let overhead = 1024

  private let type: String
  private let createdAtMs: Int64
  private let isOneTime: Bool
  private let maxAttempts: Int

  private var state = State.open
  private var data: ByteBuffer
  private var life: TimeToLive
  private var until: Deadline
  private var expiresAtMs: Int64
  private var attempts = 0
  private var fence: Int64 = 0
  private var receipt: String?
  private var leasedUntil = Deadline(at: .min)
  private var leaseEndsAtMs: Int64 = 0

  /// When it may be forgotten.
  private(set) var keptUntil: Deadline
  /// Under which deadline somebody is to be reminded to look at it; `never` when nobody is.
  var watched = Deadline.never

  /// Makes one.
  init(
    _ draft: PendingDraft, type: String, retention: PendingRetention, at moment: MemoryClaim.Moment
  ) {
    self.type = type
    createdAtMs = draft.createdAtMs ?? moment.date
    isOneTime = draft.isOneTime
    maxAttempts = draft.maxAttempts
    data = draft.data.detached()
    life = draft.life
    until = Deadline(after: draft.life, from: moment.now)
    expiresAtMs = moment.date + draft.life.milliseconds
    keptUntil = Deadline(at: until.at + retention.tombstoneMs)
  }

  /// What it is charged for beside its key, in bytes.
  var cost: Int {
    guard case .committed(let result, _) = state else { return Self.overhead + data.capacity }
    return Self.overhead + result.capacity
  }

  // MARK: Steps

  /// Does one step; the operation is of the right type.
  mutating func perform(
    _ step: PendingStep, _ retention: PendingRetention, at moment: MemoryClaim.Moment
  ) -> PendingReply {
    let noticed = settle(retention, at: moment)
    switch step {
    case .create(let draft):
      guard case .open = state, data == draft.data else { return PendingReply(.refused(.exists)) }
      return PendingReply(.operation(described(withData: false)))
    case .read(let withData):
      switch state {
      case .open, .leased, .dead:
        return PendingReply(.operation(described(withData: withData)), noticed: noticed)
      default: return refusal(noticed, at: moment)
      }
    case .consume:
      guard case .open = state else { return refusal(noticed, at: moment) }
      let operation = described()
      bury(.consumed, retention, at: moment)
      return PendingReply(.operation(operation))
    case .update(let change):
      guard case .open = state else { return refusal(noticed, at: moment) }
      return PendingReply(update(change, retention, at: moment))
    case .delete:
      switch state {
      case .open, .dead: break
      default: return refusal(noticed, at: moment)
      }
      bury(.deleted, retention, at: moment)
      return PendingReply(.done, noticed: noticed)
    case .checkout(let lease):
      return checkout(lease, retention, noticed, at: moment)
    case .commit(let receipt, let result):
      return commit(receipt, result, retention, noticed, at: moment)
    case .release(let receipt):
      return release(receipt, retention, noticed, at: moment)
    case .reopen:
      return reopen(retention, noticed, at: moment)
    case .settle:
      return PendingReply(.settled(nextAtMs: nextAtMs), noticed: noticed)
    case .names:
      return PendingReply(.refused(.notFound))
    }
  }

  /// When something happens to it by itself; `never` when nothing will.
  var nextEvent: Deadline {
    switch state {
    case .open: until
    case .leased: isUsedUp ? leasedUntil : until
    default: .never
    }
  }

  /// The same in milliseconds since 1970.
  private var nextAtMs: Int64? {
    switch state {
    case .open: expiresAtMs
    case .leased: isUsedUp ? leaseEndsAtMs : expiresAtMs
    default: nil
    }
  }

  /// Whether it is of a type; any is, when there is none to be of.
  func isOf(_ type: String?) -> Bool {
    type.map { ByteString($0) == ByteString(self.type) } ?? true
  }

  /// Whether it is dead, or would be found so.
  func isDead(at now: Int64) -> Bool {
    switch state {
    case .dead: true
    case .leased: leasedUntil.isOver(at: now) && isUsedUp
    default: false
    }
  }

  private var isUsedUp: Bool { maxAttempts > 0 && attempts >= maxAttempts }

  /// Does what has happened by itself.
  private mutating func settle(
    _ retention: PendingRetention, at moment: MemoryClaim.Moment
  ) -> PendingNotice? {
    switch state {
    case .leased where leasedUntil.isOver(at: moment.now): break
    case .open: break
    default: return nil
    }
    if case .leased = state, isUsedUp {
      die(retention, at: moment)
      return .dead
    }
    guard until.isOver(at: moment.now) else {
      state = .open
      return nil
    }
    state = .expired
    data = ByteBuffer()
    return .expired
  }

  private mutating func update(
    _ change: PendingChange, _ retention: PendingRetention, at moment: MemoryClaim.Moment
  ) -> PendingOutcome {
    if let etag = change.etag, etag != ETag.of(data) { return .stale(described()) }
    receipt = nil
    data = change.data.detached()
    switch change.life {
    case .keep: break
    case .reset: live(for: life, retention, at: moment)
    case .after(let life): live(for: life, retention, at: moment)
    }
    return .operation(described())
  }

  private mutating func checkout(
    _ lease: PendingLease, _ retention: PendingRetention, _ noticed: PendingNotice?,
    at moment: MemoryClaim.Moment
  ) -> PendingReply {
    if case .leased = state, receipt == lease.receipt { return leased }
    guard case .open = state else { return refusal(noticed, at: moment) }
    attempts += 1
    fence = max(fence + 1, moment.date * 1000)
    state = .leased
    receipt = lease.receipt
    leasedUntil = Deadline(after: lease.life, from: moment.now)
    leaseEndsAtMs = moment.date + lease.life.milliseconds
    let atLeast = Deadline(after: lease.life, from: leasedUntil.at)
    if until < atLeast {
      until = atLeast
      expiresAtMs = leaseEndsAtMs + lease.life.milliseconds
    }
    keptUntil = Deadline(at: until.at + retention.tombstoneMs)
    if isUsedUp {
      keptUntil = max(keptUntil, Deadline(at: leasedUntil.at + retention.deadMs))
    }
    return leased
  }

  private mutating func commit(
    _ given: String, _ result: ByteBuffer, _ retention: PendingRetention,
    _ noticed: PendingNotice?, at moment: MemoryClaim.Moment
  ) -> PendingReply {
    guard receipt == given else {
      switch state {
      case .open, .leased, .dead: return PendingReply(.refused(.leaseLost), noticed: noticed)
      default: return refusal(noticed, at: moment)
      }
    }
    if case .committed(let result, let time) = state {
      return PendingReply(.committed(result: result, atMs: time))
    }
    let result = result.detached()
    state = .committed(result: result, atMs: moment.date)
    data = ByteBuffer()
    keep(for: retention.receiptMs, at: moment)
    return PendingReply(.committed(result: result, atMs: moment.date))
  }

  private mutating func release(
    _ given: String, _ retention: PendingRetention, _ noticed: PendingNotice?,
    at moment: MemoryClaim.Moment
  ) -> PendingReply {
    switch state {
    case .open, .leased: break
    default: return refusal(noticed, at: moment)
    }
    guard receipt == given else { return PendingReply(.refused(.leaseLost), noticed: noticed) }
    receipt = nil
    state = .open
    guard isUsedUp else { return PendingReply(.operation(described())) }
    die(retention, at: moment)
    return PendingReply(.operation(described()), noticed: .dead)
  }

  private mutating func reopen(
    _ retention: PendingRetention, _ noticed: PendingNotice?, at moment: MemoryClaim.Moment
  ) -> PendingReply {
    switch state {
    case .open, .leased: return PendingReply(.refused(.notDead), noticed: noticed)
    case .dead: break
    default: return refusal(noticed, at: moment)
    }
    attempts = 0
    receipt = nil
    state = .open
    live(for: life, retention, at: moment)
    return PendingReply(.operation(described()), noticed: noticed)
  }

  // MARK: Parts of steps

  private var leased: PendingReply {
    PendingReply(
      .leased(described(), PendingGrant(fence: fence, endsAtMs: leaseEndsAtMs)))
  }

  private mutating func live(
    for life: TimeToLive, _ retention: PendingRetention, at moment: MemoryClaim.Moment
  ) {
    self.life = life
    until = Deadline(after: life, from: moment.now)
    expiresAtMs = moment.date + life.milliseconds
    keptUntil = Deadline(at: until.at + retention.tombstoneMs)
  }

  /// Keeps what is left of it for a time, and at least as long as it would have lived.
  private mutating func keep(for milliseconds: Int64, at moment: MemoryClaim.Moment) {
    keptUntil = max(
      Deadline(at: moment.now + milliseconds), Deadline(at: until.at + PendingRetention.slackMs))
  }

  private mutating func die(_ retention: PendingRetention, at moment: MemoryClaim.Moment) {
    state = .dead
    keep(for: retention.deadMs, at: moment)
  }

  private mutating func bury(
    _ end: State, _ retention: PendingRetention, at moment: MemoryClaim.Moment
  ) {
    state = end
    data = ByteBuffer()
    receipt = nil
    keep(for: retention.tombstoneMs, at: moment)
  }

  private func refusal(
    _ noticed: PendingNotice?, at moment: MemoryClaim.Moment
  ) -> PendingReply {
    let why: PendingRefusal =
      switch state {
      case .open: .notDead
      case .leased: .leased(restMs: leasedUntil.remaining(at: moment.now) ?? 0)
      case .dead: .dead
      case .expired: .expired
      case .consumed, .committed: .consumed
      case .deleted: .deleted
      }
    return PendingReply(.refused(why), noticed: noticed)
  }

  private func described(withData: Bool = true) -> PendingOperation {
    let state: PendingOperation.State =
      switch self.state {
      case .leased: .leased
      case .dead: .dead
      default: .open
      }
    return PendingOperation(
      type: type, data: withData ? data : ByteBuffer(), createdAtMs: createdAtMs,
      expiresAtMs: expiresAtMs, isOneTime: isOneTime, maxAttempts: maxAttempts,
      attempts: attempts, state: state)
  }
}
