internal import CloakroomCore
internal import NIOCore
internal import Synchronization

/// The index of deadlines of the store in memory, in parts as every store has it.
///
/// As in Redis a name is due in one place and held in another: a reminder that is given while somebody
/// looks at the record is not lost.
final class MemoryDeadlines: Sendable {
  private struct Entries: Sendable {
    /// When to look at which record, and the reminders of that; some of these are of no use any more.
    var due: [MemoryKey: Deadline] = [:]
    var queue = ExpiryQueue()
    /// Until when names are somebody's who looks at their records.
    var held: [MemoryKey: Deadline] = [:]

    mutating func remind(of key: MemoryKey, at deadline: Deadline) {
      if let there = due[key], there <= deadline { return }
      let key = key.detached()
      due[key] = deadline
      queue.insert(ExpiryQueue.Record(deadline: deadline, key: key))
      guard queue.isStale(entries: due.count) else { return }
      queue.replace(with: due.map { ExpiryQueue.Record(deadline: $0.value, key: $0.key) })
    }
  }

  private final class Part: Sendable {
    let entries = Mutex(Entries())
  }

  private let parts = (0..<DeadlinePart.count).map { _ in Part() }

  /// How many reminders there are.
  var count: Int {
    parts.reduce(0) { total, part in
      total + part.entries.withLock { $0.queue.count + $0.held.count }
    }
  }

  /// Has a record looked at at a time, or earlier if that was said before.
  func remind(of name: StoreKey, at milliseconds: Int64) {
    let key = MemoryKey(borrowing: name)
    parts[DeadlinePart.number(of: name)].entries.withLock {
      $0.remind(of: key, at: Deadline(at: milliseconds))
    }
  }

  /// Says when names that were handed out are to be looked at again.
  func settle(_ names: [SettleDueNames.Settled], hold: Int64, in part: DeadlinePart) {
    self.part(part)?.entries.withLock { part in
      for settled in names {
        let key = MemoryKey(borrowing: settled.name)
        guard part.held[key]?.at == hold else { continue }
        part.held[key] = nil
        if let next = settled.nextAtMs { part.remind(of: key, at: Deadline(at: next)) }
      }
    }
  }

  /// Hands out names that are due.
  ///
  /// - Parameter now: the store's time in milliseconds since 1970.
  func take(
    _ limit: Int, _ holdMs: Int64, from part: DeadlinePart, at now: Int64
  ) -> TakeDueNames.Reply {
    self.part(part)?.entries.withLock { Self.take(limit, holdMs, from: &$0, at: now) }
      ?? TakeDueNames.Reply()
  }

  /// Of reminders, sixteen times as many are looked at as names are handed out, at most.
  private static func take(
    _ limit: Int, _ holdMs: Int64, from part: inout Entries, at now: Int64
  ) -> TakeDueNames.Reply {
    let hold = Deadline(at: now &+ holdMs)
    var due = TakeDueNames.Reply(hold: hold.at)
    var looked = 0
    while looked < 16 * limit, due.names.count < limit, let record = part.queue.next(at: now) {
      looked += 1
      guard part.due[record.key] == record.deadline else { continue }
      part.due[record.key] = nil
      part.held[record.key] = hold
      due.names.append(StoreKey(bytes: record.key.bytes))
      due.lateMs = max(due.lateMs, now &- record.deadline.at)
    }
    // Those whose holder has died; few are ever held.
    for (key, deadline) in part.held
    where due.names.count < limit && deadline.isOver(at: now) {
      part.held[key] = hold
      due.names.append(StoreKey(bytes: key.bytes))
    }
    due.isMore = looked > 0
    return due
  }

  private func part(_ part: DeadlinePart) -> Part? {
    part.number.flatMap { parts.indices.contains($0) ? parts[$0] : nil }
  }
}
