internal import CloakroomCore
internal import NIOCore
internal import Synchronization

/// The claims of the store in memory, all behind one lock that is held for one step on one claim.
///
/// Lives are decided by the clock that stands still for nobody; the date only names their ends, and
/// begins the fences, so that those of the next process are greater than this one's.
final class MemoryClaims: Sendable {
  /// What a step came to, and whom to tell of it on the claim's name.
  struct Outcome<Reply: Sendable>: Sendable {
    let reply: Result<Reply, RPCError>
    /// The id of the ticket that is to ask again.
    var wake: String?
  }

  private let table: Mutex<ExpiringTable<MemoryClaim>>
  private let budget: MemoryBudget
  private let clock: StoreClock

  /// No claims yet; what they take comes from a budget.
  init(budget: MemoryBudget, isScannable: Bool, clock: StoreClock) {
    table = Mutex(ExpiringTable(budget: budget, isScannable: isScannable))
    self.budget = budget
    self.clock = clock
  }

  /// How many claims are kept, those included that have ended, and how many reminders.
  var counts: (entries: Int, deadlines: Int) {
    table.withLock { ($0.count, $0.queued) }
  }

  /// Looks for names that begin with a prefix; see `ScanIndex.scan`.
  func scan(prefix: ByteBuffer, from bucket: Int, count: Int) -> ScanIndex.Part {
    table.withLock { $0.scan(prefix: prefix, from: bucket, count: count, at: clock.now) }
  }

  /// Takes a step on a claim, on any thread. When there is no room for it, nothing has changed.
  ///
  /// - Parameter none: what it comes to where there is no claim; nil makes one.
  func change<Reply: Sendable>(
    _ key: StoreKey, ifNone none: Result<Reply, RPCError>?,
    _ body: (inout MemoryClaim, MemoryClaim.Moment) throws(MemoryBudget.Exhausted) -> Result<
      Reply, RPCError
    >
  ) throws(MemoryBudget.Exhausted) -> Outcome<Reply> {
    let key = MemoryKey(borrowing: key)
    return try table.withLock { (table) throws(MemoryBudget.Exhausted) in
      let moment = MemoryClaim.Moment(now: clock.now, date: clock.date)
      guard let place = table.find(key, at: moment.now) else {
        if let none { return Outcome(reply: none) }
        let key = key.detached()
        var claim = MemoryClaim()
        try budget.adjust(by: key.bytes.capacity + claim.cost)
        // One that there was not is granted, so that this needs no more room.
        let outcome = try change(&claim, at: moment, body)
        table.insert(key, claim, until: claim.keptUntil)
        return outcome
      }
      let outcome = try change(&table[place], at: moment, body)
      table.postpone(place, to: table[place].keptUntil)
      return outcome
    }
  }

  /// Takes the room that one more needs who waits.
  func chargeWaiter() throws(MemoryBudget.Exhausted) {
    try budget.adjust(by: MemoryClaim.waiterCost)
  }

  /// Forgets claims that ended so long ago that their fences are not kept any more.
  ///
  /// - Parameter limit: how many reminders to look at, at most.
  /// - Returns: how many were looked at, and how many claims went.
  func sweep(limit: Int) -> (examined: Int, removed: Int) {
    table.withLock { $0.sweep(limit: limit, at: clock.now) }
  }

  private func change<Reply: Sendable>(
    _ claim: inout MemoryClaim, at moment: MemoryClaim.Moment,
    _ body: (inout MemoryClaim, MemoryClaim.Moment) throws(MemoryBudget.Exhausted) -> Result<
      Reply, RPCError
    >
  ) throws(MemoryBudget.Exhausted) -> Outcome<Reply> {
    let before = claim.waiterCount
    claim.dropSilent(at: moment)
    let waiting = claim.waiterCount
    budget.release((before - waiting) * MemoryClaim.waiterCost)
    let front = claim.front
    let reply = try body(&claim, moment)
    budget.release(max(waiting - claim.waiterCount, 0) * MemoryClaim.waiterCost)
    return Outcome(reply: reply, wake: claim.waiterToWake(since: front))
  }
}

extension MemoryStore {
  /// Takes a step on a claim, and wakes the one that is to ask again.
  ///
  /// - Parameter none: what it comes to where there is no claim; nil makes one.
  func claim<Reply: Sendable>(
    _ key: StoreKey, ifNone none: Result<Reply, RPCError>?,
    _ body: (inout MemoryClaim, MemoryClaim.Moment) throws(MemoryBudget.Exhausted) -> Result<
      Reply, RPCError
    >
  ) throws(RPCError) -> Reply {
    let outcome = try findingRoom { () throws(MemoryBudget.Exhausted) in
      try claims.change(key, ifNone: none, body)
    }
    if let id = outcome.wake { bus.publish(key, ByteBuffer(string: id)) }
    return try outcome.reply.get()
  }
}
