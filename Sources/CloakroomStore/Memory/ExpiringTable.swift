internal import NIOCore

/// What takes up memory that a budget has been charged for.
protocol MemoryCharged: Sendable {
  /// The bytes that are to be given back when it goes.
  var cost: Int { get }
}

/// Values of one kind, each with the end of its life.
///
/// What `MemoryTable` does for plain values in fewer steps: this is for larger things, of which there
/// are fewer. Guarded by its owner's lock.
struct ExpiringTable<Value: MemoryCharged>: Sendable {
  private struct Slot: Sendable {
    var value: Value
    var deadline: Deadline
    /// The deadline under which it stands in the queue; `never` when it doesn't.
    var queued: Deadline = .never
  }

  private var slots: [MemoryKey: Slot] = [:]
  private var queue = ExpiryQueue()
  /// Where the keys stand in a scan; nil when there are no scans.
  private var index: ScanIndex?
  private let budget: MemoryBudget

  /// How many values have gone because their time had come.
  private(set) var expired: UInt64 = 0

  /// An empty table; what goes is given back to the budget.
  init(budget: MemoryBudget, isScannable: Bool) {
    self.budget = budget
    if isScannable { index = ScanIndex() }
  }

  /// The number of values, those included whose time has come and that nobody has met since.
  var count: Int { slots.count }

  /// The number of reminders in the queue of deadlines, useless ones included.
  var queued: Int { queue.count }

  /// The end of a value's life; nil when there is none. One whose time has come is removed.
  mutating func deadline(of key: MemoryKey, at now: Int64) -> Deadline? {
    guard let deadline = slots[key]?.deadline else { return nil }
    guard deadline.isOver(at: now) else { return deadline }
    remove(key)
    expired += 1
    return nil
  }

  /// Looks for names that begin with a prefix; see `ScanIndex.scan`.
  func scan(prefix: ByteBuffer, from bucket: Int, count: Int, at now: Int64) -> ScanIndex.Part {
    index?.scan(prefix: prefix, from: bucket, count: count) { key in
      slots[key].map { !$0.deadline.isOver(at: now) } ?? false
    } ?? ScanIndex.Part()
  }

  /// Changes a value where it lies; nil when there is none.
  mutating func change<Result, Failure: Error>(
    _ key: MemoryKey, at now: Int64, _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard deadline(of: key, at: now) != nil, let index = slots.index(forKey: key) else {
      return nil
    }
    return try body(&slots.values[index].value)
  }

  /// Adds a value whose memory has been charged for, under a key in memory of its own.
  mutating func insert(_ key: MemoryKey, _ value: Value, until deadline: Deadline) {
    if slots[key] == nil { index?.insert(key) }
    slots[key] = Slot(value: value, deadline: deadline)
    enqueue(key)
  }

  /// Gives a value another end.
  mutating func postpone(_ key: MemoryKey, to deadline: Deadline) {
    slots[key]?.deadline = deadline
    enqueue(key)
  }

  /// Removes values whose time has come.
  ///
  /// - Parameter limit: how many reminders to look at, at most.
  /// - Returns: how many reminders were looked at, and how many values went.
  mutating func sweep(limit: Int, at now: Int64) -> (examined: Int, removed: Int) {
    var examined = 0
    var removed = 0
    while examined < limit, let record = queue.next(at: now) {
      examined += 1
      guard let slot = slots[record.key], slot.queued == record.deadline else { continue }
      if slot.deadline.isOver(at: now) {
        remove(record.key)
        expired += 1
        removed += 1
      } else {
        slots[record.key]?.queued = .never
        enqueue(record.key)
      }
    }
    return (examined, removed)
  }

  /// Removes a value and gives back what it was charged for.
  mutating func remove(_ key: MemoryKey) {
    guard let slot = slots.removeValue(forKey: key) else { return }
    index?.remove(key)
    budget.release(slot.value.cost)
    compact()
  }

  /// Sees to it that the queue reminds of a value in time; a reminder that comes too early will do.
  private mutating func enqueue(_ key: MemoryKey) {
    guard let index = slots.index(forKey: key) else { return }
    let deadline = slots.values[index].deadline
    guard deadline < slots.values[index].queued else { return }
    slots.values[index].queued = deadline
    queue.insert(ExpiryQueue.Record(deadline: deadline, key: slots[index].key))
    compact()
  }

  /// Rebuilds the queue once most of it must be useless.
  private mutating func compact() {
    guard queue.isStale(entries: slots.count) else { return }
    var records: [ExpiryQueue.Record] = []
    records.reserveCapacity(slots.count)
    // Not `slots.indices`: that holds on to the table, and the first change would copy it.
    var index = slots.startIndex
    while index != slots.endIndex {
      let deadline = slots.values[index].deadline
      slots.values[index].queued = deadline
      if deadline != .never {
        records.append(ExpiryQueue.Record(deadline: deadline, key: slots[index].key))
      }
      slots.formIndex(after: &index)
    }
    queue.replace(with: records)
  }
}
