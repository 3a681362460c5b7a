internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// A pending operation as the store has it, or what is left of one that is over.
///
/// It is open, leased to one caller, dead (its attempts are used up), or over; then this is its tombstone,
/// which says why for as long as it is kept.
struct PendingRecord: RecordKind, Equatable {
  typealias Event = PendingRequest
  typealias Outcome = PendingOutcome

  /// How it stands.
  enum State: String {
    case open, leased, dead, expired, consumed, deleted, committed
  }

  let type: String
  let createdAtMs: Int64
  let isOneTime: Bool

  var state = State.open
  /// The operation's data; the result, of one that is committed.
  var data: ByteBuffer
  /// As long as it was given to live last.
  var lifeMs: Int64
  var expiresAtMs: Int64
  var keptUntilMs: Int64
  var lease: RecordLease
  var committedAtMs: Int64 = 0

  /// A new one.
  private init(_ draft: PendingDraft, type: String, _ retention: PendingRetention, at now: Int64) {
    self.type = type
    createdAtMs = draft.createdAtMs ?? now
    isOneTime = draft.isOneTime
    lease = RecordLease(mostAttempts: Int64(draft.maxAttempts))
    data = draft.data
    lifeMs = draft.life.milliseconds
    expiresAtMs = now &+ draft.life.milliseconds
    keptUntilMs = expiresAtMs &+ retention.tombstoneMs
  }

  // MARK: What happens by itself

  /// When its life or its lease ends; nil when nothing ends any more.
  private var endsAtMs: Int64? {
    switch state {
    case .open: expiresAtMs
    case .leased: lease.endsAtMs
    default: nil
    }
  }

  /// A lease that ends is only worth noticing when it was the last.
  var nextLookMs: Int64? {
    switch state {
    case .open: expiresAtMs
    case .leased: lease.isUsedUp ? lease.endsAtMs : expiresAtMs
    default: nil
    }
  }

  /// Does what has happened by itself.
  private mutating func settle(_ retention: PendingRetention, at now: Int64) -> RecordNotice? {
    if state == .leased, lease.endsAtMs <= now {
      lease.earlier = nil
      guard !lease.isUsedUp else {
        die(retention, at: now)
        return .dead
      }
      state = .open
    }
    guard state == .open, expiresAtMs <= now else { return nil }
    state = .expired
    data = ByteBuffer()
    lease.lastError = nil
    return .expired
  }

  // MARK: Deciding

  static func isReading(_ request: PendingRequest) -> Bool {
    switch request.step {
    case .read, .settle: true
    default: false
    }
  }

  static func look(at name: StoreKey, _ configuration: Configuration) -> PendingRequest {
    PendingRequest(.settle, type: nil, retention: PendingRetention(configuration.pending))
  }

  static func expectsNothing(_ request: PendingRequest) -> Bool {
    if case .create = request.step { true } else { request.adopting != nil && !isReading(request) }
  }

  static func decide(
    _ record: PendingRecord?, _ request: PendingRequest, at now: Int64
  ) -> Transition<PendingRecord> {
    var allowance = WorkAllowance.whole
    return decide(record, request, at: now, &allowance)
  }

  static func lookedIntoBytes(_ request: PendingRequest) -> Int? {
    guard case .update(let change) = request.step else { return nil }
    switch change.content {
    case .patch(let patch): return patch.readableBytes
    case .replacement: return change.condition == nil ? nil : 0
    }
  }

  static func decide(
    _ record: PendingRecord?, _ request: PendingRequest, at now: Int64,
    _ allowance: inout WorkAllowance
  ) -> Transition<PendingRecord> {
    let isNew = record == nil
    guard var record = record ?? made(for: request, at: now) else {
      return Transition(outcome: .refused(.notFound))
    }
    if isNew, case .create = request.step {
      return Transition(
        change: record, outcome: .operation(record.described(withData: false)))
    }
    guard request.type.map({ ByteString($0) == ByteString(record.type) }) ?? true else {
      if case .create = request.step { return Transition(outcome: .refused(.exists)) }
      return Transition(outcome: .refused(.wrongType))
    }
    let before = record
    var noticed = record.settle(request.retention, at: now)
    let staleAtMs = record.endsAtMs
    let outcome = record.perform(request, &noticed, at: now, &allowance)
    var transition = Transition<PendingRecord>(outcome: outcome)
    // That a lease is over, and was not the last, needs not be written: the next one to look sees it too.
    if noticed != nil || !isReading(request) && outcome.isDone && (isNew || record != before) {
      transition.change = record
    }
    transition.noticed = noticed
    transition.staleAtMs = staleAtMs
    transition.isPassing = outcome.isPassing
    transition.isEnding = request.step.isEnding || noticed != nil
    return transition
  }

  /// What there is to begin with where there is nothing.
  private static func made(for request: PendingRequest, at now: Int64) -> PendingRecord? {
    guard let type = request.type else { return nil }
    switch request.step {
    case .create(let draft):
      return PendingRecord(draft, type: type, request.retention, at: now)
    default:
      return request.adopting.map {
        PendingRecord($0, type: type, request.retention, at: now)
      }
    }
  }

  private mutating func perform(
    _ request: PendingRequest, _ noticed: inout RecordNotice?, at now: Int64,
    _ allowance: inout WorkAllowance
  ) -> PendingOutcome {
    let retention = request.retention
    switch request.step {
    case .create(let draft):
      guard state == .open, data == draft.data else { return .refused(.exists) }
      return .operation(described(withData: false))
    case .read(let withData):
      guard isThere else { return refusal(at: now) }
      return .operation(described(withData: withData))
    case .consume:
      guard state == .open else { return refusal(at: now) }
      let operation = described()
      bury(.consumed, retention, at: now)
      return .operation(operation)
    case .update(let change):
      guard state == .open else { return refusal(at: now) }
      return update(change, retention, at: now, &allowance)
    case .delete:
      guard state == .open || state == .dead else { return refusal(at: now) }
      bury(.deleted, retention, at: now)
      return .done
    case .checkout(let lease):
      return checkout(lease, retention, at: now)
    case .withdraw(let receipt):
      return withdraw(receipt, at: now)
    case .commit(let receipt, let result):
      return commit(receipt, result, retention, &noticed, at: now)
    case .release(let receipt, let error):
      return release(receipt, error, retention, &noticed, at: now)
    case .reopen:
      return reopen(retention, at: now)
    case .settle:
      return .done
    }
  }

  /// Whether it is not over.
  private var isThere: Bool { state == .open || state == .leased || state == .dead }

  private mutating func update(
    _ change: PendingChange, _ retention: PendingRetention, at now: Int64,
    _ allowance: inout WorkAllowance
  ) -> PendingOutcome {
    if let etag = change.etag, etag != ETag.of(data) { return .stale(described()) }
    do throws(RPCError) {
      try change.condition?.check(data, &allowance)
    } catch {
      return .refused(.unmet(error))
    }
    switch change.content {
    case .replacement(let replacement): data = replacement
    case .patch(let patch):
      do throws(PendingRefusal) {
        data = try Self.patched(data, by: patch, longest: change.longest)
      } catch {
        return .refused(error)
      }
    }
    lease.clearReceipts()
    switch change.life {
    case .keep: break
    case .reset: live(lifeMs, retention, at: now)
    case .after(let life): live(life.milliseconds, retention, at: now)
    }
    return .operation(described())
  }

  /// What a patch makes of data that came as they are: nobody has looked into them so far.
  ///
  /// - Throws: why nothing can be made of them; where it stands that a member is there twice, of which the patch could
  ///   mean either.
  private static func patched(
    _ data: ByteBuffer, by patch: ByteBuffer, longest: Int
  ) throws(PendingRefusal) -> ByteBuffer {
    do throws(AmbiguousJSON) {
      try AmbiguousJSON.check(data.readableBytesSpan)
    } catch {
      throw .unmet(RPCError(unreadable: error))
    }
    return try merged(patch, into: data, longest: longest)
  }

  /// What a patch makes of data.
  ///
  /// - Throws: why nothing can be made of them.
  static func merged(
    _ patch: ByteBuffer, into data: ByteBuffer, longest: Int
  ) throws(PendingRefusal) -> ByteBuffer {
    do throws(JSONFault) {
      try JSONScanner.validate(
        data.readableBytesSpan, depthLimit: JSONScanner.greatestDepthLimit)
    } catch {
      throw .notJSON
    }
    var merged = ByteBuffer()
    do throws(MergePatch.TooManyMembers) {
      try MergePatch.apply(patch.readableBytesSpan, to: data.readableBytesSpan, into: &merged)
    } catch {
      throw .tooManyMembers
    }
    guard merged.readableBytes <= longest else { throw .tooLarge(longest) }
    return merged
  }

  private mutating func checkout(
    _ wanted: PendingLease, _ retention: PendingRetention, at now: Int64
  ) -> PendingOutcome {
    if state == .leased, lease.receipt == wanted.receipt { return leased }
    guard state == .open else { return refusal(at: now) }
    state = .leased
    lease.take(wanted.receipt, for: wanted.life, at: now, extending: &expiresAtMs)
    keep(retention)
    if lease.isUsedUp { keptUntilMs = max(keptUntilMs, lease.endsAtMs &+ retention.deadMs) }
    return leased
  }

  private mutating func withdraw(_ given: String, at now: Int64) -> PendingOutcome {
    guard state == .leased, lease.receipt == given else { return refusal(at: now) }
    lease.withdraw(restoring: &expiresAtMs)
    state = .open
    return .done
  }

  private mutating func commit(
    _ given: String, _ result: ByteBuffer, _ retention: PendingRetention,
    _ noticed: inout RecordNotice?, at now: Int64
  ) -> PendingOutcome {
    guard lease.receipt == given else { return isThere ? .refused(.leaseLost) : refusal(at: now) }
    if state == .committed { return .committed(result: data, atMs: committedAtMs) }
    // An end that nobody was told of has not been: this is how it ends.
    noticed = nil
    state = .committed
    lease.earlier = nil
    lease.lastError = nil
    data = result
    committedAtMs = now
    keep(for: retention.receiptMs, at: now)
    return .committed(result: result, atMs: now)
  }

  private mutating func release(
    _ given: String, _ error: ByteBuffer?, _ retention: PendingRetention,
    _ noticed: inout RecordNotice?, at now: Int64
  ) -> PendingOutcome {
    guard state == .open || state == .leased else { return refusal(at: now) }
    guard lease.receipt == given else { return .refused(.leaseLost) }
    lease.release(saying: error)
    state = .open
    guard lease.isUsedUp else { return .operation(described()) }
    die(retention, at: now)
    noticed = .dead
    return .operation(described())
  }

  private mutating func reopen(_ retention: PendingRetention, at now: Int64) -> PendingOutcome {
    guard state != .open, state != .leased else { return .refused(.notDead) }
    guard state == .dead else { return refusal(at: now) }
    lease.renew()
    state = .open
    live(lifeMs, retention, at: now)
    return .operation(described())
  }

  // MARK: Parts

  private var leased: PendingOutcome {
    .leased(described(), PendingGrant(fence: lease.fence, endsAtMs: lease.endsAtMs))
  }

  private mutating func live(_ life: Int64, _ retention: PendingRetention, at now: Int64) {
    lifeMs = life
    expiresAtMs = now &+ life
    keep(retention)
  }

  /// Keeps it beyond its life: forgotten earlier, an operation that a token carries would begin anew.
  private mutating func keep(_ retention: PendingRetention) {
    keptUntilMs = retention.end(of: expiresAtMs)
  }

  /// Keeps what is left of it for a time, and at least as long as it would have lived.
  private mutating func keep(for milliseconds: Int64, at now: Int64) {
    keptUntilMs = max(now &+ milliseconds, expiresAtMs &+ PendingRetention.slackMs)
  }

  private mutating func die(_ retention: PendingRetention, at now: Int64) {
    state = .dead
    keep(for: retention.deadMs, at: now)
  }

  private mutating func bury(_ end: State, _ retention: PendingRetention, at now: Int64) {
    state = end
    data = ByteBuffer()
    lease.release(saying: nil)
    keep(for: retention.tombstoneMs, at: now)
  }

  private func refusal(at now: Int64) -> PendingOutcome {
    switch state {
    case .open: .refused(.notDead)
    case .leased: .refused(.leased(restMs: lease.endsAtMs &- now))
    case .dead: .refused(.dead)
    case .expired: .refused(.expired)
    case .consumed, .committed: .refused(.consumed)
    case .deleted: .refused(.deleted)
    }
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
      expiresAtMs: expiresAtMs, isOneTime: isOneTime,
      maxAttempts: Int(clamping: lease.mostAttempts), attempts: Int(clamping: lease.attempts),
      state: state, lastError: lease.lastError)
  }
}

extension PendingStep {
  /// Whether it ends something, and leaves no more than it found but a few words.
  fileprivate var isEnding: Bool {
    switch self {
    case .consume, .delete, .commit, .release, .withdraw, .settle: true
    case .create, .read, .update, .checkout, .reopen: false
    }
  }
}

extension PendingOutcome {
  /// Whether the event has done something.
  var isDone: Bool {
    switch self {
    case .stale, .refused: false
    case .operation, .leased, .committed, .done: true
    }
  }

  /// Whether the same event may come to something else later.
  fileprivate var isPassing: Bool {
    switch self {
    case .refused(.leased): true
    case .operation, .leased, .committed, .done, .stale, .refused: false
    }
  }
}
