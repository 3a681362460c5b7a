internal import CloakroomCore
internal import NIOCore

/// The entries of one shard, and what each command does to them.
///
/// Guarded by the shard's lock. Writing throws when the budget has no room; then nothing has
/// changed, and the caller makes room and asks again.
struct MemoryTable: Sendable {
  private typealias Index = Dictionary<MemoryKey, MemoryEntry>.Index
  private typealias Place = (index: Index, entry: MemoryEntry)

  private var entries: [MemoryKey: MemoryEntry] = [:]
  private var queue = ExpiryQueue()
  /// Where the keys stand in a scan; nil when there are no scans.
  private var index: ScanIndex?
  private let budget: MemoryBudget

  /// How many entries have gone because their time had come.
  private(set) var expired: UInt64 = 0

  /// An empty table that takes its bytes from a budget.
  init(budget: MemoryBudget, isScannable: Bool) {
    self.budget = budget
    if isScannable { index = ScanIndex() }
  }

  /// The number of entries, those included whose time has come and that nobody has met since.
  var count: Int { entries.count }

  /// The number of reminders in the queue of deadlines, useless ones included.
  var queued: Int { queue.count }

  // MARK: Reading

  mutating func value(of key: MemoryKey, at now: Int64) -> ByteBuffer? {
    find(key, at: now)?.entry.value
  }

  mutating func entry(of key: MemoryKey, at now: Int64) -> (ByteBuffer, ttlMs: Int64?)? {
    guard let entry = find(key, at: now)?.entry else { return nil }
    return (entry.value, entry.deadline.remaining(at: now))
  }

  mutating func contains(_ key: MemoryKey, at now: Int64) -> Bool { find(key, at: now) != nil }

  /// Looks for names that begin with a prefix; see `ScanIndex.scan`.
  func scan(prefix: ByteBuffer, from bucket: Int, count: Int, at now: Int64) -> ScanIndex.Part {
    index?.scan(prefix: prefix, from: bucket, count: count) { key in
      entries[key].map { !$0.deadline.isOver(at: now) } ?? false
    } ?? ScanIndex.Part()
  }

  // MARK: Writing

  /// Writes a value that is in memory of its own.
  mutating func set(
    _ key: MemoryKey, to value: ByteBuffer, _ expiry: Expiry, if condition: SetCondition,
    at now: Int64
  ) throws(MemoryBudget.Exhausted) -> StoreReply {
    let place = find(key, at: now)
    if let failure = condition.failure(for: place?.entry.value) { return .failure(failure) }
    let deadline = expiry.deadline(from: now, keeping: place?.entry.deadline)
    if let place {
      try replace(at: place.index, with: value)
      postpone(place.index, to: deadline)
    } else {
      try insert(key, value, deadline)
    }
    return .done
  }

  mutating func remove(_ key: MemoryKey, at now: Int64) -> ByteBuffer? {
    find(key, at: now).map { drop($0.index).value }
  }

  mutating func expire(_ key: MemoryKey, _ expiry: Expiry, at now: Int64) -> Bool {
    guard let index = find(key, at: now)?.index else { return false }
    // To keep what is left of a life without writing the value is to do nothing.
    if case .keep = expiry { return true }
    postpone(index, to: expiry.deadline(from: now, keeping: nil))
    return true
  }

  mutating func add(
    _ key: MemoryKey, by step: Int64, within bounds: ClosedRange<Int64>, _ expiry: Expiry,
    at now: Int64
  ) throws(MemoryBudget.Exhausted) -> StoreReply {
    let index = find(key, at: now)?.index
    guard let current = index.map({ entries.values[$0].value }).map(DecimalText.number(in:)) ?? 0
    else { return .failure(.notANumber) }
    let (sum, overflow) = current.addingReportingOverflow(step)
    guard !overflow, bounds.contains(sum) else { return .counted(current, applied: false) }
    if let index, entries.values[index].value.capacity >= DecimalText.longest {
      DecimalText.replace(&entries.values[index].value, with: sum)
    } else {
      var text = ByteBufferAllocator().buffer(capacity: DecimalText.longest)
      DecimalText.replace(&text, with: sum)
      if let index {
        try replace(at: index, with: text)
      } else {
        try insert(key, text, expiry.deadline(from: now, keeping: nil))
      }
    }
    return .counted(sum, applied: true)
  }

  // MARK: Expiring

  /// Removes entries whose time has come.
  ///
  /// - Parameter limit: how many reminders to look at, at most.
  /// - Returns: how many reminders were looked at, and how many entries went.
  mutating func sweep(limit: Int, at now: Int64) -> (examined: Int, removed: Int) {
    var examined = 0
    var removed = 0
    while examined < limit, let record = queue.next(at: now) {
      examined += 1
      guard let index = entries.index(forKey: record.key),
        entries.values[index].queued == record.deadline
      else { continue }
      if entries.values[index].deadline.isOver(at: now) {
        drop(index)
        expired += 1
        removed += 1
      } else {
        entries.values[index].queued = .never
        enqueue(index)
      }
    }
    return (examined, removed)
  }

  // MARK: Entries

  /// A key's entry, and where it is; one whose time has come is removed and is not there.
  private mutating func find(_ key: MemoryKey, at now: Int64) -> Place? {
    guard let index = entries.index(forKey: key) else { return nil }
    let entry = entries.values[index]
    guard entry.deadline.isOver(at: now) else { return (index, entry) }
    drop(index)
    expired += 1
    return nil
  }

  private mutating func insert(
    _ key: MemoryKey, _ value: ByteBuffer, _ deadline: Deadline
  ) throws(MemoryBudget.Exhausted) {
    let key = key.detached()
    try budget.adjust(by: MemoryEntry.cost(key: key.bytes, value: value))
    var entry = MemoryEntry(value: value, deadline: deadline)
    if deadline != .never {
      entry.queued = deadline
      queue.insert(ExpiryQueue.Record(deadline: deadline, key: key))
    }
    entries[key] = entry
    index?.insert(key)
    compact()
  }

  private mutating func replace(
    at index: Index, with value: ByteBuffer
  ) throws(MemoryBudget.Exhausted) {
    try budget.adjust(by: value.capacity - entries.values[index].value.capacity)
    entries.values[index].value = value
  }

  @discardableResult
  private mutating func drop(_ index: Index) -> MemoryEntry {
    let (key, entry) = entries.remove(at: index)
    self.index?.remove(key)
    budget.release(MemoryEntry.cost(key: key.bytes, value: entry.value))
    compact()
    return entry
  }

  private mutating func postpone(_ index: Index, to deadline: Deadline) {
    entries.values[index].deadline = deadline
    enqueue(index)
  }

  /// Sees to it that the queue reminds of an entry in time.
  ///
  /// A reminder that comes too early will do: it is renewed when it comes up. So a value that is
  /// written again and again, each time to live longer, has one reminder and not one for each time.
  private mutating func enqueue(_ index: Index) {
    let deadline = entries.values[index].deadline
    guard deadline < entries.values[index].queued else { return }
    entries.values[index].queued = deadline
    queue.insert(ExpiryQueue.Record(deadline: deadline, key: entries[index].key))
    compact()
  }

  /// Rebuilds the queue once most of it must be useless; that takes time in proportion to the
  /// entries, and as many changes have been made since it was last done.
  private mutating func compact() {
    guard queue.isStale(entries: entries.count) else { return }
    var records: [ExpiryQueue.Record] = []
    records.reserveCapacity(entries.count)
    // Not `entries.indices`: that holds on to the table, and the first change would copy it.
    var index = entries.startIndex
    while index != entries.endIndex {
      let deadline = entries.values[index].deadline
      entries.values[index].queued = deadline
      if deadline != .never {
        records.append(ExpiryQueue.Record(deadline: deadline, key: entries[index].key))
      }
      entries.formIndex(after: &index)
    }
    queue.replace(with: records)
  }
}

extension SetCondition {
  /// Why a value may not be written over what there is; nil when it may.
  fileprivate func failure(for current: ByteBuffer?) -> RPCError? {
    switch (self, current) {
    case (.none, _), (.absent, nil), (.present, .some): nil
    case (.absent, .some), (.present, nil): RPCError(.conflict)
    case (.matches, nil): RPCError(.notFound)
    case (.matches(let etag), .some(let value)):
      ETag.of(value) == etag ? nil : RPCError(.conflict)
    }
  }
}

extension RPCError {
  /// The value of a counter's key is not a counter's.
  fileprivate static let notANumber = RPCError(
    .storeRefused, "the value is not a whole number of 64 bits",
    details: [.text("code", "WRONGTYPE")])
}
