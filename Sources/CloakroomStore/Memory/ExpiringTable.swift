internal import NIOCore

/// Values of one kind, each with the end of its life.
///
/// Guarded by its owner's lock. The caller that adds a value has charged the budget for it and for its key;
/// what goes is given back here.
struct ExpiringTable<Value: MemoryCharged>: Sendable {
  /// Where a value is, until one is added or removed.
  typealias Index = Dictionary<MemoryKey, Slot>.Index

  /// A value and its end.
  struct Slot: Sendable {
    fileprivate(set) var value: Value
    /// When its life ends.
    fileprivate(set) var deadline: Deadline
    /// The deadline under which it stands in the queue; `never` when it doesn't.
    fileprivate var queued: Deadline = .never
  }

  private var slots: [MemoryKey: Slot] = [:]
  private var queue = ExpiryQueue()
  /// Where the keys stand in a scan; nil when there are no scans.
  private var index: ScanIndex?
  private let budget: MemoryBudget

  /// How many values were removed because they had expired.
  private(set) var expired: UInt64 = 0

  /// An empty table; what goes is given back to the budget.
  init(budget: MemoryBudget, isScannable: Bool) {
    self.budget = budget
    if isScannable { index = ScanIndex() }
  }

  /// The number of values, expired ones included that were not removed yet.
  var count: Int { slots.count }

  /// The number of reminders in the queue of deadlines, useless ones included.
  var queued: Int { queue.count }

  /// All values by their keys, expired ones included.
  var all: some Sequence<(key: MemoryKey, slot: Slot)> {
    slots.lazy.map { (key: $0.key, slot: $0.value) }
  }

  /// Looks for names that begin with a prefix; see `ScanIndex.scan`.
  func scan(prefix: ByteBuffer, from bucket: Int, count: Int, at now: Int64) -> ScanIndex.Part {
    index?.scan(prefix: prefix, from: bucket, count: count) { key in
      slots[key].map { !$0.deadline.isOver(at: now) } ?? false
    } ?? ScanIndex.Part()
  }

  // MARK: Places

  /// Where a key's value is; nil when there is none. An expired one is removed.
  mutating func find(_ key: MemoryKey, at now: Int64) -> Index? {
    guard let place = slots.index(forKey: key) else { return nil }
    guard slots.values[place].deadline.isOver(at: now) else { return place }
    remove(at: place)
    expired += 1
    return nil
  }

  /// Where a key's value is, whether or not it has expired.
  func place(of key: MemoryKey) -> Index? { slots.index(forKey: key) }

  /// The key at a place.
  func key(at place: Index) -> MemoryKey { slots[place].key }

  /// The end of the life of the value at a place.
  func deadline(at place: Index) -> Deadline { slots.values[place].deadline }

  /// The value at a place, to be changed where it lies.
  subscript(place: Index) -> Value {
    _read { yield slots.values[place].value }
    _modify { yield &slots.values[place].value }
  }

  /// Gives the value at a place another end.
  mutating func postpone(_ place: Index, to deadline: Deadline) {
    slots.values[place].deadline = deadline
    enqueue(place)
  }

  /// Removes the value at a place and gives back what it and its key were charged for.
  @discardableResult
  mutating func remove(at place: Index) -> Value {
    let (key, slot) = slots.remove(at: place)
    index?.remove(key)
    budget.release(key.bytes.capacity + slot.value.cost)
    compact()
    return slot.value
  }

  // MARK: Keys

  /// The end of a value's life; nil when there is none. An expired one is removed.
  mutating func deadline(of key: MemoryKey, at now: Int64) -> Deadline? {
    find(key, at: now).map { deadline(at: $0) }
  }

  /// Changes a value where it lies; nil when there is none.
  mutating func change<Result, Failure: Error>(
    _ key: MemoryKey, at now: Int64, _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard let place = find(key, at: now) else { return nil }
    return try body(&slots.values[place].value)
  }

  /// Adds a value that is not there yet, whose memory has been charged for, under a key in memory of
  /// its own.
  mutating func insert(_ key: MemoryKey, _ value: Value, until deadline: Deadline) {
    var slot = Slot(value: value, deadline: deadline)
    if deadline != .never {
      slot.queued = deadline
      queue.insert(ExpiryQueue.Record(deadline: deadline, key: key))
    }
    slots[key] = slot
    index?.insert(key)
    compact()
  }

  /// Gives a value another end.
  mutating func postpone(_ key: MemoryKey, to deadline: Deadline) {
    if let place = slots.index(forKey: key) { postpone(place, to: deadline) }
  }

  // MARK: Expiring

  /// Removes expired values.
  ///
  /// - Parameter limit: how many reminders to look at, at most.
  /// - Returns: how many reminders were looked at, and how many values went.
  mutating func sweep(limit: Int, at now: Int64) -> (examined: Int, removed: Int) {
    var examined = 0
    var removed = 0
    while examined < limit, let record = queue.next(at: now) {
      examined += 1
      guard let place = slots.index(forKey: record.key),
        slots.values[place].queued == record.deadline
      else { continue }
      if slots.values[place].deadline.isOver(at: now) {
        remove(at: place)
        expired += 1
        removed += 1
      } else {
        slots.values[place].queued = .never
        enqueue(place)
      }
    }
    return (examined, removed)
  }

  /// Has the queue remind of a value in time.
  ///
  /// A reminder that comes too early will do: it is renewed when it comes up. So a value that is
  /// written again and again, each time to live longer, has one reminder and not one for each time.
  private mutating func enqueue(_ place: Index) {
    let deadline = slots.values[place].deadline
    guard deadline < slots.values[place].queued else { return }
    slots.values[place].queued = deadline
    queue.insert(ExpiryQueue.Record(deadline: deadline, key: slots[place].key))
    compact()
  }

  /// Rebuilds the queue once most of it must be useless; that takes time in proportion to the
  /// values, and as many changes have been made since it was last done.
  private mutating func compact() {
    guard queue.isStale(entries: slots.count) else { return }
    var records: [ExpiryQueue.Record] = []
    records.reserveCapacity(slots.count)
    // Not `slots.indices`: that holds on to the table, and the first change would copy it.
    var place = slots.startIndex
    while place != slots.endIndex {
      let deadline = slots.values[place].deadline
      slots.values[place].queued = deadline
      if deadline != .never {
        records.append(ExpiryQueue.Record(deadline: deadline, key: slots[place].key))
      }
      slots.formIndex(after: &place)
    }
    queue.replace(with: records)
  }
}
