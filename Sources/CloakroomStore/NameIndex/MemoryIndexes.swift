internal import CloakroomCore
internal import Synchronization

/// The name indexes of the store in memory, behind one lock that is held for one step on one index.
final class MemoryIndexes: Sendable {
  private let table: Mutex<ExpiringTable<SortedNames>>
  private let budget: MemoryBudget
  private let clock: StoreClock
  /// The date at the zero of the clock.
  private let startedAtMs: Int64

  /// No indexes yet; what they take comes from a budget.
  init(budget: MemoryBudget, clock: StoreClock, startedAtMs: Int64) {
    table = Mutex(ExpiringTable(budget: budget, isScannable: false))
    self.budget = budget
    self.clock = clock
    self.startedAtMs = startedAtMs
  }

  /// How many indexes there are, how many reminders, and how many have expired.
  var stats: (entries: Int, deadlines: Int, expired: UInt64) {
    table.withLock { ($0.count, $0.queued, $0.expired) }
  }

  /// Adds a name to an index, which is made if there is none. Without room nothing has changed.
  func add(
    _ entry: IndexedName, to index: StoreKey, keepUntilMs: Int64
  ) throws(MemoryBudget.Exhausted) {
    let key = MemoryKey(borrowing: index)
    let end = Deadline(at: keepUntilMs &- startedAtMs)
    try table.withLock { (table) throws(MemoryBudget.Exhausted) in
      guard let place = table.find(key, at: clock.now) else {
        let key = key.detached()
        var names = SortedNames()
        names.insert(entry)
        try budget.adjust(by: key.bytes.capacity + names.cost)
        return table.insert(key, names, until: end)
      }
      try budget.adjust(by: table[place].addedCost(of: entry.name))
      table[place].insert(entry)
      table.postpone(place, to: max(end, table.deadline(at: place)))
    }
  }

  /// Takes names out of an index.
  ///
  /// - Returns: how many were in it.
  func remove(_ names: [ByteString], from index: StoreKey) -> Int {
    let key = MemoryKey(borrowing: index)
    return table.withLock { table in
      guard let place = table.find(key, at: clock.now) else { return 0 }
      let before = table[place].cost
      let removed = names.reduce(0) { $0 + (table[place].remove($1) ? 1 : 0) }
      budget.release(before - table[place].cost)
      if table[place].count == 0 { table.remove(at: place) }
      return removed
    }
  }

  /// The names of an index before an entry, the last first.
  func page(of index: StoreKey, before end: IndexedName?, count: Int) -> [IndexedName] {
    let key = MemoryKey(borrowing: index)
    return table.withLock { table in
      guard let place = table.find(key, at: clock.now) else { return [] }
      return table[place].page(before: end, count: count)
    }
  }

  /// Forgets indexes whose lives are over; see `ExpiringTable.sweep`.
  func sweep(limit: Int) -> (examined: Int, removed: Int) {
    table.withLock { $0.sweep(limit: limit, at: clock.now) }
  }
}
