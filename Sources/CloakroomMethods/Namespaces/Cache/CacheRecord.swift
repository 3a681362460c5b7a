internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// What the store has under a cache's key: a value, a lease on making it, or both.
///
/// It leaves no tombstone and nothing reminds of it: what is over is gone.
struct CacheRecord: RecordKind, Equatable {
  typealias Event = CacheRequest
  typealias Outcome = CacheOutcome

  /// What is said of a value.
  struct Entry: Equatable {
    var setAtMs: Int64
    /// Until when it is fresh.
    var expiresAtMs: Int64
    /// Until when it may be given.
    var graceEndsAtMs: Int64
    /// How long it took to make; 0 is not known.
    var tookMs: Int64
    var isNegative: Bool
    /// What the counter of invalidations was at when the value was made.
    var number: Int64
    var tags: [String]
  }

  /// A caller's right to make the value.
  struct Lease: Equatable {
    /// The digest of its receipt.
    var digest: String
    /// Until when nobody else gets it.
    var endsAtMs: Int64
    /// What the counter of invalidations was at when it was given.
    var number: Int64
    /// The tags that are known to void it.
    var tags: [String]
  }

  /// How long a lease can still be used that is over, as long as nobody else has taken the next.
  static let leaseSlackMs: Int64 = 60_000

  var entry: Entry?
  var lease: Lease?
  /// The value.
  var data = ByteBuffer()
  /// When it was emptied; what is empty is forgotten at once.
  private(set) var emptiedAtMs: Int64 = 0

  init(entry: Entry?, lease: Lease?, data: ByteBuffer = ByteBuffer()) {
    self.entry = entry
    self.lease = lease
    self.data = data
  }

  var keptUntilMs: Int64 {
    let leaseEnd = lease.map { $0.endsAtMs &+ Self.leaseSlackMs }
    return [entry?.graceEndsAtMs, leaseEnd].compactMap(\.self).max() ?? emptiedAtMs
  }

  var nextLookMs: Int64? { nil }

  // MARK: Deciding

  static func isReading(_ request: CacheRequest) -> Bool {
    if case .get = request.step { true } else { false }
  }

  static func look(at name: StoreKey, _ configuration: Configuration) -> CacheRequest {
    CacheRequest(.release(lease: ""), CacheNames(KeySpace(prefix: "", service: "")))
  }

  static func beforehand(_ request: CacheRequest) -> EventNeed<CacheRequest>? {
    switch request.step {
    case .get(let look):
      look.tags.isEmpty ? nil : request.reading(look.tags)
    case .set(let fill):
      fill.tags.isEmpty
        ? nil
        : request.keeping(fill.tags, lifeMs: fill.lifeMs &+ fill.graceMs) { .set(fill) }
    case .release, .invalidate:
      nil
    }
  }

  static func tally(of refusal: RPCError) -> Tally? {
    guard refusal.reason == .leaseLost else { return nil }
    return { $0.count(CacheEvent.lost) }
  }

  static func decide(
    _ record: CacheRecord?, _ request: CacheRequest, at now: Int64
  ) -> Transition<CacheRecord> {
    switch request.step {
    case .get(let look): get(record, look, request, at: now)
    case .set(let fill): set(record, fill, request, at: now)
    case .release(let lease): release(record, lease, at: now)
    case .invalidate(let isSoft): invalidate(record, isSoft: isSoft, at: now)
    }
  }

  // MARK: Reading

  private static func get(
    _ record: CacheRecord?, _ look: CacheLook, _ request: CacheRequest, at now: Int64
  ) -> Transition<CacheRecord> {
    let entry = record?.entry.flatMap { $0.graceEndsAtMs > now ? $0 : nil }
    let lease = record?.lease.flatMap { $0.endsAtMs > now ? $0 : nil }
    let unknown = request.tags.unknown(of: (entry?.tags ?? []) + (lease?.tags ?? []))
    guard unknown.isEmpty else {
      return Transition(outcome: .lost, need: request.reading(unknown))
    }
    let isStale = entry.flatMap { $0.isStale(request.tags, at: now) }
    var finding = CacheFinding.nothing
    if let record, let entry, let isStale {
      finding = CacheFinding(
        status: isStale ? .stale : entry.isNegative ? .negative : .hit, value: record.data,
        ageMs: max(now &- entry.setAtMs, 0))
    }
    // Of a lease that was voided, the value will not be taken: another may make it.
    let held = lease.flatMap { request.tags.hasVoided($0.number, of: $0.tags) ? nil : $0 }
    if case .receipt(let receipt) = look.wish, let held,
      held.digest == Receipt.digest(of: receipt)
    {
      return Transition(outcome: .found(finding, lease: receipt))
    }
    if let held {
      guard finding.status == .miss else { return Transition(outcome: .found(finding, lease: nil)) }
      return Transition(outcome: .busy(restMs: held.endsAtMs &- now))
    }
    guard look.wish != .none, isStale != false || entry?.isDue(look, at: now) ?? false else {
      return Transition(outcome: .found(finding, lease: nil))
    }
    let tags = look.tags.isEmpty ? entry?.tags ?? [] : look.tags
    guard case .receipt(let receipt) = look.wish, let number = request.tags.number else {
      return Transition(
        outcome: .lost,
        need: request.keeping(tags, lifeMs: CacheTagState.leastLifeMs) { .get(look.withReceipt) })
    }
    let isGone = finding.status == .miss
    return Transition(
      change: CacheRecord(
        entry: isGone ? nil : entry,
        lease: Lease(
          digest: Receipt.digest(of: receipt), endsAtMs: now &+ look.leaseMs, number: number,
          tags: tags), data: isGone ? ByteBuffer() : record?.data ?? ByteBuffer()),
      outcome: .found(finding, lease: receipt))
  }

  // MARK: Writing

  private static func set(
    _ record: CacheRecord?, _ fill: CacheFill, _ request: CacheRequest, at now: Int64
  ) -> Transition<CacheRecord> {
    var number = request.tags.number ?? 0
    if let digest = fill.lease {
      guard let lease = record?.lease, lease.digest == digest else {
        return Transition(outcome: .lost)
      }
      let unknown = request.tags.unknown(of: lease.tags)
      guard unknown.isEmpty else {
        return Transition(outcome: .lost, need: request.reading(unknown))
      }
      number = lease.number
      if request.tags.hasVoided(number, of: lease.tags + fill.tags) {
        var rest = record
        rest?.giveUpLease(at: now)
        return Transition(change: rest, outcome: .lost, announces: true)
      }
    }
    // Without tags there is nothing to compare it with.
    if fill.tags.isEmpty { number = 0 }
    let expires = now &+ fill.lifeMs
    let entry = Entry(
      setAtMs: now, expiresAtMs: expires, graceEndsAtMs: expires &+ fill.graceMs,
      tookMs: fill.tookMs, isNegative: fill.isNegative, number: number, tags: fill.tags)
    return Transition(
      change: CacheRecord(entry: entry, lease: nil, data: fill.value),
      outcome: .stored(expiresAtMs: expires), announces: record?.lease != nil)
  }

  private static func release(
    _ record: CacheRecord?, _ lease: String, at now: Int64
  ) -> Transition<CacheRecord> {
    guard var record, record.lease?.digest == lease else {
      return Transition(outcome: .released(false))
    }
    record.giveUpLease(at: now)
    return Transition(change: record, outcome: .released(true), isEnding: true, announces: true)
  }

  private mutating func giveUpLease(at now: Int64) {
    lease = nil
    if entry == nil { empty(at: now) }
  }

  private mutating func empty(at now: Int64) {
    self = CacheRecord(entry: nil, lease: nil)
    emptiedAtMs = now
  }

  private static func invalidate(
    _ record: CacheRecord?, isSoft: Bool, at now: Int64
  ) -> Transition<CacheRecord> {
    guard var record else { return Transition(outcome: .invalidated) }
    let hadLease = record.lease != nil
    record.lease = nil
    if isSoft, let entry = record.entry?.stale(since: now), entry.graceEndsAtMs > now {
      record.entry = entry
    } else {
      record.empty(at: now)
    }
    return Transition(
      change: record, outcome: .invalidated, isEnding: true, announces: hadLease)
  }
}

extension CacheRecord.Entry {
  /// Whether it is stale; nil when it is not to be given at all.
  fileprivate func isStale(_ tags: CacheTags, at now: Int64) -> Bool? {
    var entry = self
    for tag in self.tags {
      guard let state = tags[tag], state.hard <= number else { return nil }
      // A number is the time in microseconds at which it was given out, or a little after.
      if state.soft > number { entry = entry.stale(since: min(state.soft / 1000, now)) }
    }
    guard entry.graceEndsAtMs > now else { return nil }
    return entry.expiresAtMs <= now
  }

  /// The same, stale from some moment on; its grace counts from then.
  fileprivate func stale(since moment: Int64) -> Self {
    guard moment < expiresAtMs else { return self }
    var entry = self
    entry.expiresAtMs = moment
    entry.graceEndsAtMs = moment &+ (graceEndsAtMs &- expiresAtMs)
    return entry
  }

  /// Whether it is to be made anew before it is stale, so that not all find it stale at once: by chance, and
  /// the sooner the longer it takes (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede
  /// Prevention, 2015, with β = 1).
  fileprivate func isDue(_ look: CacheLook, at now: Int64) -> Bool {
    guard tookMs > 0 else { return false }
    return Double(tookMs) * look.chance() >= Double(expiresAtMs &- now)
  }
}
