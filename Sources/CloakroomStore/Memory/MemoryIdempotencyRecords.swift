internal import CloakroomCore
internal import Synchronization

/// All idempotency records in the memory store, by their names.
///
/// The table's lock is held for a look, never while a call's step is done: that is done under the
/// lock of its idempotency record, under which a value's shard and this table may be locked in turn, and never
/// the other way round. So making room can always sweep both.
final class MemoryIdempotencyRecords: Sendable {
  private struct Entry {
    let idempotency: MemoryIdempotencyRecord
    let deadline: Deadline
    var cost: Int
  }

  private struct Table {
    var entries: [MemoryKey: Entry] = [:]
    var queue = ExpiryQueue()
    var expired: UInt64 = 0
  }

  private let table = Mutex(Table())
  private let budget: MemoryBudget
  private let clock: StoreClock

  /// An empty table that takes its bytes from a budget.
  init(budget: MemoryBudget, clock: StoreClock) {
    self.budget = budget
    self.clock = clock
  }

  /// The records there are, the reminders of their ends, and how many have expired.
  var stats: (entries: Int, deadlines: Int, expired: UInt64) {
    table.withLock { ($0.entries.count, $0.queue.count, $0.expired) }
  }

  /// Answers a call's step, and does it when there is no answer to it yet.
  ///
  /// - Throws: when there is no room for a new record; then nothing was done.
  func answer(
    to call: IdempotencyRecord, _ perform: () -> StoreReply
  ) throws(MemoryBudget.Exhausted) -> StoreReply {
    let key = MemoryKey(borrowing: call.name)
    while true {
      let idempotency = try find(key, call)
      guard idempotency.fingerprint == call.fingerprint else {
        return .failure(RPCError(.idempotencyMismatch))
      }
      switch idempotency.answer(step: call.step, perform) {
      case .answered(let reply, let newBytes):
        if newBytes > 0 { charge(newBytes, to: idempotency, key) }
        return reply
      case .refused(let reply):
        if idempotency.isAbandoned { forget(idempotency, key) }
        return reply
      case .abandoned:
        // The call that abandoned it may not have removed it from the table yet.
        forget(idempotency, key)
      }
    }
  }

  /// The answer that a call's step has been given; `.value(nil)` when there is none.
  func recall(_ call: IdempotencyRecord) -> StoreReply {
    let key = MemoryKey(borrowing: call.name)
    let idempotency = table.withLock { table -> MemoryIdempotencyRecord? in
      guard let entry = table.entries[key], !entry.deadline.isOver(at: clock.now) else {
        return nil
      }
      return entry.idempotency
    }
    guard let idempotency else { return .value(nil) }
    guard idempotency.fingerprint == call.fingerprint else {
      return .failure(RPCError(.idempotencyMismatch))
    }
    return idempotency.answer(step: call.step) ?? .value(nil)
  }

  /// Removes records whose time has come.
  ///
  /// - Parameter limit: how many reminders to look at, at most.
  /// - Returns: how many reminders were looked at, and how many records went.
  func sweep(limit: Int) -> (examined: Int, removed: Int) {
    table.withLock { table in
      let now = clock.now
      var examined = 0
      var removed = 0
      while examined < limit, let reminder = table.queue.next(at: now) {
        examined += 1
        guard let index = table.entries.index(forKey: reminder.key),
          table.entries.values[index].deadline.isOver(at: now)
        else { continue }
        drop(index, from: &table)
        table.expired += 1
        removed += 1
      }
      return (examined, removed)
    }
  }

  /// The record of a name; a new one when there is none.
  private func find(
    _ key: MemoryKey, _ call: IdempotencyRecord
  ) throws(MemoryBudget.Exhausted) -> MemoryIdempotencyRecord {
    try table.withLock { (table) throws(MemoryBudget.Exhausted) in
      let now = clock.now
      if let index = table.entries.index(forKey: key) {
        let entry = table.entries.values[index]
        if !entry.deadline.isOver(at: now) { return entry.idempotency }
        drop(index, from: &table)
        table.expired += 1
      }
      let key = key.detached()
      let cost = MemoryEntry.overhead + key.bytes.capacity
      try budget.adjust(by: cost)
      let idempotency = MemoryIdempotencyRecord(fingerprint: call.fingerprint)
      let deadline = Deadline(after: call.life, from: now)
      table.entries[key] = Entry(idempotency: idempotency, deadline: deadline, cost: cost)
      table.queue.insert(ExpiryQueue.Record(deadline: deadline, key: key))
      return idempotency
    }
  }

  /// Charges for an answer that a record keeps from now on. What was done can't be undone, so it is
  /// kept even where there is no room left for it; the next write is refused then.
  private func charge(_ bytes: Int, to idempotency: MemoryIdempotencyRecord, _ key: MemoryKey) {
    table.withLock { table in
      guard let index = table.entries.index(forKey: key),
        table.entries.values[index].idempotency === idempotency
      else { return }
      table.entries.values[index].cost += bytes
      budget.insist(bytes)
    }
  }

  private func forget(_ idempotency: MemoryIdempotencyRecord, _ key: MemoryKey) {
    table.withLock { table in
      guard let index = table.entries.index(forKey: key),
        table.entries.values[index].idempotency === idempotency
      else { return }
      drop(index, from: &table)
    }
  }

  private func drop(_ index: Dictionary<MemoryKey, Entry>.Index, from table: inout Table) {
    budget.release(table.entries.remove(at: index).value.cost)
    guard table.queue.isStale(entries: table.entries.count) else { return }
    table.queue.replace(
      with: table.entries.map { ExpiryQueue.Record(deadline: $0.value.deadline, key: $0.key) })
  }
}
