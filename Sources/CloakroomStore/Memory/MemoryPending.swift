internal import CloakroomCore
internal import HeapModule
internal import NIOCore
internal import Synchronization

/// The pending operations of the store in memory, all behind one lock that is held for one step on
/// one of them.
final class MemoryPending: Sendable {
  private typealias Index = Dictionary<MemoryKey, MemoryOperation>.Index

  private struct Table: Sendable {
    var operations: [MemoryKey: MemoryOperation] = [:]
    var queue = ExpiryQueue()
  }

  private let table = Mutex(Table())
  private let budget: MemoryBudget
  private let clock: StoreClock

  /// No operations yet; what they take comes from a budget.
  init(budget: MemoryBudget, clock: StoreClock) {
    self.budget = budget
    self.clock = clock
  }

  /// How many operations and tombstones there are, and how many reminders.
  var counts: (entries: Int, deadlines: Int) {
    table.withLock { ($0.operations.count, $0.queue.count) }
  }

  /// Does one step, on any thread. When there is no room for it, nothing has changed.
  func perform(
    _ request: PendingRequest, on name: StoreKey
  ) throws(MemoryBudget.Exhausted) -> PendingReply {
    let key = MemoryKey(borrowing: name)
    return try table.withLock { (table) throws(MemoryBudget.Exhausted) in
      let moment = MemoryClaim.Moment(now: clock.now, date: clock.date)
      if case .names(let position, let count) = request.step {
        return names(table, prefix: name, from: position, count: count, at: moment.now)
      }
      forget(key, in: &table, at: moment.now)
      if table.operations[key] == nil {
        guard let draft = request.draft, let type = request.type else {
          return PendingReply(.refused(.notFound))
        }
        let operation = MemoryOperation(
          draft, type: type, retention: request.retention, at: moment)
        let key = key.detached()
        try budget.adjust(by: operation.cost + key.bytes.capacity)
        table.operations[key] = operation
      }
      guard let index = table.operations.index(forKey: key) else {
        return PendingReply(.refused(.notFound))
      }
      guard table.operations.values[index].isOf(request.type) else {
        // A name that is taken is taken, whatever it is by.
        if case .create = request.step { return PendingReply(.refused(.exists)) }
        return PendingReply(.refused(.wrongType))
      }
      return try step(request, at: index, in: &table, moment)
    }
  }

  private func step(
    _ request: PendingRequest, at index: Index, in table: inout Table,
    _ moment: MemoryClaim.Moment
  ) throws(MemoryBudget.Exhausted) -> PendingReply {
    let before = table.operations.values[index]
    let reply = table.operations.values[index].perform(
      request.step, request.retention, at: moment)
    do throws(MemoryBudget.Exhausted) {
      try budget.adjust(by: table.operations.values[index].cost - before.cost)
    } catch {
      table.operations.values[index] = before
      throw error
    }
    remind(of: index, in: &table)
    return reply
  }

  /// Forgets operations that are over for so long that their tombstones are not kept any more.
  ///
  /// - Parameter limit: how many reminders to look at, at most.
  /// - Returns: how many were looked at, and how many operations went.
  func sweep(limit: Int) -> (examined: Int, removed: Int) {
    table.withLock { table in
      let now = clock.now
      var counts = (examined: 0, removed: 0)
      while counts.examined < limit, let record = table.queue.next(at: now) {
        counts.examined += 1
        guard let index = table.operations.index(forKey: record.key),
          table.operations.values[index].queued == record.deadline
        else { continue }
        if forget(record.key, in: &table, at: now) {
          counts.removed += 1
        } else {
          table.operations.values[index].queued = .never
          remind(of: index, in: &table)
        }
      }
      return counts
    }
  }

  /// The names of dead operations in the order of their hashes, which is a position that stays the
  /// same whatever comes and goes. Every operation is looked at, so `count` is of what is found.
  private func names(
    _ table: Table, prefix: StoreKey, from position: UInt64, count: Int, at now: Int64
  ) -> PendingReply {
    struct Found: Comparable {
      let place: UInt64
      let key: MemoryKey

      static func < (left: Self, right: Self) -> Bool { left.place < right.place }
      static func == (left: Self, right: Self) -> Bool { left.place == right.place }
    }
    let prefix = prefix.bytes.readableBytesView
    var least = Heap<Found>()
    for (key, operation) in table.operations where operation.isDead(at: now) {
      let place = UInt64(UInt(bitPattern: key.hash))
      guard place >= position, key.bytes.readableBytesView.starts(with: prefix) else { continue }
      least.insert(Found(place: place, key: key))
      if least.count > count + 1 { least.removeMax() }
    }
    let next = least.count > count ? least.popMax()?.place ?? 0 : 0
    let names = least.unordered.map { StoreKey(bytes: $0.key.bytes) }
    return PendingReply(.names(names, next: next))
  }

  // MARK: Forgetting

  /// Sees to it that the queue reminds of an operation in time; a reminder that comes too early is
  /// renewed.
  private func remind(of index: Index, in table: inout Table) {
    let keptUntil = table.operations.values[index].keptUntil
    guard keptUntil < table.operations.values[index].queued else { return }
    table.operations.values[index].queued = keptUntil
    table.queue.insert(
      ExpiryQueue.Record(deadline: keptUntil, key: table.operations[index].key))
    compact(&table)
  }

  /// Rebuilds the queue once most of it must be useless.
  private func compact(_ table: inout Table) {
    guard table.queue.isStale(entries: table.operations.count) else { return }
    table.queue.replace(
      with: table.operations.map { ExpiryQueue.Record(deadline: $0.value.queued, key: $0.key) })
  }

  /// Forgets an operation whose time to be kept is over.
  @discardableResult
  private func forget(_ key: MemoryKey, in table: inout Table, at now: Int64) -> Bool {
    guard let index = table.operations.index(forKey: key),
      table.operations.values[index].keptUntil.isOver(at: now)
    else { return false }
    let (key, operation) = table.operations.remove(at: index)
    budget.release(operation.cost + key.bytes.capacity)
    return true
  }
}

extension PendingRequest {
  /// What to make where there is nothing.
  fileprivate var draft: PendingDraft? {
    if case .create(let draft) = step { draft } else { adopting }
  }
}
