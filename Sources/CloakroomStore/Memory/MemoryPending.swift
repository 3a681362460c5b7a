internal import CloakroomCore
internal import HeapModule
internal import NIOCore
internal import Synchronization

/// The pending operations of the store in memory, all behind one lock that is held for one step on
/// one of them.
final class MemoryPending: Sendable {
  private typealias Place = ExpiringTable<MemoryOperation>.Index

  private struct Table: Sendable {
    var operations: ExpiringTable<MemoryOperation>
    /// When to look at which operation, as its life or its last lease is over then.
    var events = ExpiryQueue()
  }

  private let table: Mutex<Table>
  private let budget: MemoryBudget
  private let clock: StoreClock

  /// No operations yet; what they take comes from a budget.
  init(budget: MemoryBudget, clock: StoreClock) {
    table = Mutex(Table(operations: ExpiringTable(budget: budget, isScannable: false)))
    self.budget = budget
    self.clock = clock
  }

  /// How many operations and tombstones there are, and how many reminders.
  var counts: (entries: Int, deadlines: Int) {
    table.withLock { ($0.operations.count, $0.operations.queued + $0.events.count) }
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
      guard let place = try place(of: key, request, in: &table, moment) else {
        return PendingReply(.refused(.notFound))
      }
      guard table.operations[place].isOf(request.type) else {
        // A name that is taken is taken, whatever it is by.
        if case .create = request.step { return PendingReply(.refused(.exists)) }
        return PendingReply(.refused(.wrongType))
      }
      return try step(request, at: place, in: &table, moment)
    }
  }

  /// Where the operation is that a step is for: made, when the step wants one made where there is none.
  private func place(
    of key: MemoryKey, _ request: PendingRequest, in table: inout Table,
    _ moment: MemoryClaim.Moment
  ) throws(MemoryBudget.Exhausted) -> Place? {
    if let place = table.operations.find(key, at: moment.now) { return place }
    guard let draft = request.draft, let type = request.type else { return nil }
    let operation = MemoryOperation(draft, type: type, retention: request.retention, at: moment)
    let key = key.detached()
    try budget.adjust(by: operation.cost + key.bytes.capacity)
    table.operations.insert(key, operation, until: operation.keptUntil)
    return table.operations.place(of: key)
  }

  private func step(
    _ request: PendingRequest, at place: Place, in table: inout Table,
    _ moment: MemoryClaim.Moment
  ) throws(MemoryBudget.Exhausted) -> PendingReply {
    let before = table.operations[place]
    let reply = table.operations[place].perform(request.step, request.retention, at: moment)
    do throws(MemoryBudget.Exhausted) {
      try budget.adjust(by: table.operations[place].cost - before.cost)
    } catch {
      table.operations[place] = before
      throw error
    }
    table.operations.postpone(place, to: table.operations[place].keptUntil)
    watch(place, until: table.operations[place].nextEvent, in: &table)
    return reply
  }

  /// Forgets operations that are over for so long that their tombstones are not kept any more.
  ///
  /// - Parameter limit: how many reminders to look at, at most.
  /// - Returns: how many were looked at, and how many operations went.
  func sweep(limit: Int) -> (examined: Int, removed: Int) {
    table.withLock { $0.operations.sweep(limit: limit, at: clock.now) }
  }

  // MARK: What happens by itself

  /// Does one step on the index of deadlines.
  func perform(_ step: DeadlineStep) -> StoreReply {
    switch step {
    case .take(let limit, let holdMs):
      .due(table.withLock { takeDue(limit, holdMs, from: &$0, at: clock.now) })
    case .settle:
      // The step that looked at an operation has seen to the next reminder itself.
      .done
    }
  }

  /// Takes out names of operations to which something has happened; they come again after a while
  /// unless somebody looks at them. Of reminders sixteen times as many are looked at, at most.
  private func takeDue(
    _ limit: Int, _ holdMs: Int64, from table: inout Table, at now: Int64
  ) -> DueNames {
    let hold = Deadline(at: now + holdMs)
    var due = DueNames(hold: hold.at)
    var looked = 0
    while looked < 16 * limit, due.names.count < limit, let record = table.events.next(at: now) {
      looked += 1
      guard let place = table.operations.place(of: record.key),
        table.operations[place].watched == record.deadline
      else { continue }
      table.operations[place].watched = .never
      let event = table.operations[place].nextEvent
      guard event.isOver(at: now) else {
        watch(place, until: event, in: &table)
        continue
      }
      due.names.append(StoreKey(bytes: record.key.bytes))
      due.lateMs = max(due.lateMs, now - event.at)
      watch(place, until: hold, in: &table)
    }
    due.isMore = looked > 0
    return due
  }

  /// Sees to it that somebody is reminded of an operation in time; a reminder that comes too early will
  /// do.
  private func watch(_ place: Place, until deadline: Deadline, in table: inout Table) {
    guard deadline < table.operations[place].watched else { return }
    table.operations[place].watched = deadline
    table.events.insert(
      ExpiryQueue.Record(deadline: deadline, key: table.operations.key(at: place)))
    guard table.events.isStale(entries: table.operations.count) else { return }
    table.events.replace(
      with: table.operations.all.filter { $0.slot.value.watched != .never }
        .map { ExpiryQueue.Record(deadline: $0.slot.value.watched, key: $0.key) })
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
    for (key, slot) in table.operations.all where slot.value.isDead(at: now) {
      let place = UInt64(UInt(bitPattern: key.hash))
      guard place >= position, key.bytes.readableBytesView.starts(with: prefix) else { continue }
      least.insert(Found(place: place, key: key))
      if least.count > count + 1 { least.removeMax() }
    }
    let next = least.count > count ? least.popMax()?.place ?? 0 : 0
    let names = least.unordered.map { StoreKey(bytes: $0.key.bytes) }
    return PendingReply(.names(names, next: next))
  }
}

extension PendingRequest {
  /// What to make where there is nothing.
  fileprivate var draft: PendingDraft? {
    if case .create(let draft) = step { draft } else { adopting }
  }
}
