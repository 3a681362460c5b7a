internal import CloakroomCore
internal import NIOCore

/// The entries of one shard, and what each command does to them.
///
/// Guarded by the shard's lock. Writing throws when the budget has no room; then nothing has
/// changed, and the caller makes room and asks again.
struct MemoryTable: Sendable {
  private var entries: ExpiringTable<MemoryEntry>
  private let budget: MemoryBudget

  /// An empty table that takes its bytes from a budget.
  init(budget: MemoryBudget, isScannable: Bool) {
    self.budget = budget
    entries = ExpiringTable(budget: budget, isScannable: isScannable)
  }

  /// How many entries were removed because they had expired.
  var expired: UInt64 { entries.expired }

  /// The number of entries, expired ones included that were not removed yet.
  var count: Int { entries.count }

  /// The number of reminders in the queue of deadlines, useless ones included.
  var queued: Int { entries.queued }

  // MARK: Reading

  mutating func value(of key: MemoryKey, at now: Int64) -> ByteBuffer? {
    entries.find(key, at: now).map { entries[$0].value }
  }

  mutating func entry(of key: MemoryKey, at now: Int64) -> (ByteBuffer, ttlMs: Int64?)? {
    entries.find(key, at: now).map {
      (entries[$0].value, entries.deadline(at: $0).remaining(at: now))
    }
  }

  mutating func contains(_ key: MemoryKey, at now: Int64) -> Bool {
    entries.find(key, at: now) != nil
  }

  /// Looks for names that begin with a prefix; see `ScanIndex.scan`.
  func scan(prefix: ByteBuffer, from bucket: Int, count: Int, at now: Int64) -> ScanIndex.Part {
    entries.scan(prefix: prefix, from: bucket, count: count, at: now)
  }

  // MARK: Writing

  /// Writes a value that is in memory of its own.
  mutating func set(
    _ key: MemoryKey, to value: ByteBuffer, _ expiry: Expiry, if condition: SetCondition,
    at now: Int64
  ) throws(MemoryBudget.Exhausted) -> StoreReply {
    let place = entries.find(key, at: now)
    if let failure = condition.failure(for: place.map { entries[$0].value }) {
      return .failure(failure)
    }
    let current = place.map { entries.deadline(at: $0) }
    let deadline = expiry.deadline(from: now, keeping: current)
    if let place {
      try replace(at: place, with: value)
      entries.postpone(place, to: deadline)
    } else {
      try insert(key, value, deadline)
    }
    return .done
  }

  /// Writes a value that is in memory of its own, whatever there is.
  mutating func put(
    _ key: MemoryKey, _ value: ByteBuffer, until deadline: Deadline, at now: Int64,
    evenIfFull insists: Bool
  ) throws(MemoryBudget.Exhausted) {
    guard let place = entries.find(key, at: now) else { return try insert(key, value, deadline) }
    if insists {
      budget.insist(value.capacity - entries[place].value.capacity)
      entries[place].value = value
    } else {
      try replace(at: place, with: value)
    }
    entries.postpone(place, to: deadline)
  }

  mutating func remove(_ key: MemoryKey, at now: Int64) -> ByteBuffer? {
    entries.find(key, at: now).map { entries.remove(at: $0).value }
  }

  mutating func expire(_ key: MemoryKey, _ expiry: Expiry, at now: Int64) -> Bool {
    guard let place = entries.find(key, at: now) else { return false }
    // To keep what is left of a life without writing the value is to do nothing.
    if case .keep = expiry { return true }
    entries.postpone(place, to: expiry.deadline(from: now, keeping: nil))
    return true
  }

  mutating func add(
    _ key: MemoryKey, by step: Int64, within bounds: ClosedRange<Int64>, _ expiry: Expiry,
    at now: Int64
  ) throws(MemoryBudget.Exhausted) -> StoreReply {
    let place = entries.find(key, at: now)
    guard let current = place.map({ entries[$0].value }).map(DecimalText.number(in:)) ?? 0
    else { return .failure(.notANumber) }
    let (sum, overflow) = current.addingReportingOverflow(step)
    guard !overflow, bounds.contains(sum) else { return .counted(current, applied: false) }
    if let place, entries[place].value.capacity >= DecimalText.longest {
      DecimalText.replace(&entries[place].value, with: sum)
    } else {
      var text = ByteBufferAllocator().buffer(capacity: DecimalText.longest)
      DecimalText.replace(&text, with: sum)
      if let place {
        try replace(at: place, with: text)
      } else {
        try insert(key, text, expiry.deadline(from: now, keeping: nil))
      }
    }
    return .counted(sum, applied: true)
  }

  // MARK: Expiring

  /// Removes expired entries.
  ///
  /// - Parameter limit: how many reminders to look at, at most.
  /// - Returns: how many reminders were looked at, and how many entries went.
  mutating func sweep(limit: Int, at now: Int64) -> (examined: Int, removed: Int) {
    entries.sweep(limit: limit, at: now)
  }

  // MARK: Entries

  private mutating func insert(
    _ key: MemoryKey, _ value: ByteBuffer, _ deadline: Deadline
  ) throws(MemoryBudget.Exhausted) {
    let key = key.detached()
    let entry = MemoryEntry(value: value)
    try budget.adjust(by: key.bytes.capacity + entry.cost)
    entries.insert(key, entry, until: deadline)
  }

  private mutating func replace(
    at place: ExpiringTable<MemoryEntry>.Index, with value: ByteBuffer
  ) throws(MemoryBudget.Exhausted) {
    try budget.adjust(by: value.capacity - entries[place].value.capacity)
    entries[place].value = value
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
