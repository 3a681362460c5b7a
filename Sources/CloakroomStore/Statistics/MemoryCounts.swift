internal import CloakroomCore
internal import NIOCore
internal import Synchronization

/// The counts of the store in memory, all behind one lock: a step may touch several names.
final class MemoryCounts: Sendable {
  private let table: Mutex<ExpiringTable<MemoryTally>>
  private let budget: MemoryBudget
  private let clock: StoreClock
  /// The date at the zero of the clock.
  private let startedAtMs: Int64

  /// No counts yet; what they take comes from a budget.
  init(budget: MemoryBudget, clock: StoreClock, startedAtMs: Int64) {
    table = Mutex(ExpiringTable(budget: budget, isScannable: false))
    self.budget = budget
    self.clock = clock
    self.startedAtMs = startedAtMs
  }

  /// How many names have counts, how many reminders there are, and how many have expired.
  var stats: (entries: Int, deadlines: Int, expired: UInt64) {
    table.withLock { ($0.count, $0.queued, $0.expired) }
  }

  /// Counts facts; see `CountFacts`. Without room nothing has changed.
  func count(_ step: CountFacts) throws(MemoryBudget.Exhausted) -> CountFacts.Reply {
    let field = String(step.session.prefix(32))
    return try table.withLock { (table) throws(MemoryBudget.Exhausted) in
      let now = clock.now
      let seen = MemoryKey(borrowing: step.seen)
      let done = table.find(seen, at: now).flatMap { table[$0].counts[field] } ?? 0
      guard step.facts.last > done else { return .counted }
      guard step.areAll || step.facts.first <= done + 1 else { return .earlierMissing }
      var changes = [Change(seen, step.keptUntilMs, isExact: false)]
      changes[0].more[field] = step.facts.last - done
      var live = Change(
        MemoryKey(borrowing: step.statistics.live), step.keptUntilMs, isExact: false)
      var hours: [Int64: Change] = [:]
      for fact in step.facts.later(than: done).recent {
        live.more["\(step.version)", default: 0] += fact.live
        let name = MemoryKey(borrowing: step.statistics.hour(fact.hour))
        let end = FlowStatistics.keptUntilMs(hour: fact.hour)
        for field in fact.fields(version: step.version) {
          hours[fact.hour, default: Change(name, end, isExact: true)].more[field, default: 0] += 1
        }
      }
      if live.more.values.contains(where: { $0 != 0 }) { changes.append(live) }
      try apply(changes + hours.values, to: &table, at: now)
      return .counted
    }
  }

  /// Counts one more of each field.
  func add(
    _ fields: [String], to name: StoreKey, keptUntilMs: Int64
  ) throws(MemoryBudget.Exhausted) {
    var change = Change(MemoryKey(borrowing: name), keptUntilMs, isExact: true)
    for field in fields { change.more[field, default: 0] += 1 }
    try table.withLock { (table) throws(MemoryBudget.Exhausted) in
      try apply([change], to: &table, at: clock.now)
    }
  }

  /// The counts of several names, added up.
  func sums(of names: [StoreKey]) -> [String: Int64] {
    table.withLock { table in
      let now = clock.now
      return names.reduce(into: [:]) { sums, name in
        guard let place = table.find(MemoryKey(borrowing: name), at: now) else { return }
        sums.merge(table[place].counts) { $0 &+ $1 }
      }
    }
  }

  /// Forgets what is kept no longer; see `ExpiringTable.sweep`.
  func sweep(limit: Int) -> (examined: Int, removed: Int) {
    table.withLock { $0.sweep(limit: limit, at: clock.now) }
  }

  /// What becomes of one name's counts.
  private struct Change {
    let key: MemoryKey
    let keptUntilMs: Int64
    /// Whether it is kept until then and not longer.
    let isExact: Bool
    var more: [String: Int64] = [:]

    init(_ key: MemoryKey, _ keptUntilMs: Int64, isExact: Bool) {
      self.key = key
      self.keptUntilMs = keptUntilMs
      self.isExact = isExact
    }
  }

  /// All or none.
  private func apply(
    _ changes: [Change], to table: inout ExpiringTable<MemoryTally>, at now: Int64
  ) throws(MemoryBudget.Exhausted) {
    var cost = 0
    for change in changes {
      let there = table.find(change.key, at: now)
      if there == nil { cost += change.key.detached().bytes.capacity + MemoryTally().cost }
      for field in change.more.keys where there.map({ table[$0].counts[field] == nil }) ?? true {
        cost += MemoryTally.cost(of: field)
      }
    }
    try budget.adjust(by: cost)
    for change in changes {
      let end = Deadline(at: change.keptUntilMs &- startedAtMs)
      if let place = table.place(of: change.key) {
        table[place].add(change.more)
        table.postpone(place, to: change.isExact ? end : max(end, table.deadline(at: place)))
      } else {
        var tally = MemoryTally()
        tally.add(change.more)
        table.insert(change.key.detached(), tally, until: end)
      }
    }
  }
}

/// The counts of one name.
struct MemoryTally: MemoryCharged {
  private static let overhead = 256
  private static let fieldOverhead = 96

  private(set) var counts: [String: Int64] = [:]
  private var bytes = 0

  /// What it is charged for beside its key, in bytes.
  var cost: Int { Self.overhead + bytes }

  /// What a field is charged for.
  static func cost(of field: String) -> Int { fieldOverhead + field.utf8.count }

  /// Counts more.
  mutating func add(_ more: [String: Int64]) {
    for (field, number) in more {
      if counts[field] == nil { bytes += Self.cost(of: field) }
      counts[field, default: 0] &+= number
    }
  }
}
