internal import CloakroomCore
internal import NIOCore
internal import Synchronization

/// The claims of the store in memory, all behind one lock that is held for one step on one claim.
///
/// Lives are decided by the clock that stands still for nobody; the date only names their ends, and
/// begins the fences, so that those of the next process are greater than this one's.
final class MemoryClaims: Sendable {
  /// What a step came to, and whom to tell of it on the claim's name.
  struct Outcome {
    let reply: StoreReply
    /// The ticket's id of whoever is to look again.
    var ring: String?
  }

  private struct Table: Sendable {
    var claims: [MemoryKey: MemoryClaim] = [:]
    var queue = ExpiryQueue()
    /// Where the names stand in a scan; nil when there are no scans.
    var index: ScanIndex?
  }

  private let table: Mutex<Table>
  private let budget: MemoryBudget
  private let clock: StoreClock

  /// No claims yet; what they take comes from a budget.
  init(budget: MemoryBudget, isScannable: Bool, clock: StoreClock) {
    table = Mutex(Table(index: isScannable ? ScanIndex() : nil))
    self.budget = budget
    self.clock = clock
  }

  /// How many claims are kept, those included that have ended, and how many reminders.
  var counts: (entries: Int, deadlines: Int) {
    table.withLock { ($0.claims.count, $0.queue.count) }
  }

  /// Looks for names that begin with a prefix; see `ScanIndex.scan`.
  func scan(prefix: ByteBuffer, from bucket: Int, count: Int) -> ScanIndex.Part {
    table.withLock { table in
      table.index?.scan(prefix: prefix, from: bucket, count: count) { key in
        table.claims[key].map { !$0.keptUntil.isOver(at: clock.now) } ?? false
      } ?? ScanIndex.Part()
    }
  }

  /// Does one step, on any thread. When there is no room for it, nothing has changed.
  func perform(_ step: ClaimStep, on key: StoreKey) throws(MemoryBudget.Exhausted) -> Outcome {
    let key = MemoryKey(borrowing: key)
    return try table.withLock { (table) throws(MemoryBudget.Exhausted) in
      let moment = MemoryClaim.Moment(now: clock.now, date: clock.date)
      forget(key, in: &table, at: moment.now)
      if case .take = step, table.claims[key] == nil {
        // A claim that there was not is granted, so nothing is kept of one that is not.
        let key = key.detached()
        try budget.adjust(by: MemoryClaim.cost(key: key))
        table.claims[key] = MemoryClaim()
        table.index?.insert(key)
      }
      guard let index = table.claims.index(forKey: key) else { return Self.outcomeOfNone(step) }
      let outcome = try perform(step, on: &table.claims.values[index], at: moment)
      remind(of: index, in: &table)
      return outcome
    }
  }

  /// Forgets claims that ended so long ago that their fences are not kept any more.
  ///
  /// - Parameter limit: how many reminders to look at, at most.
  /// - Returns: how many were looked at, and how many claims went.
  func sweep(limit: Int) -> (examined: Int, removed: Int) {
    table.withLock { table in
      let now = clock.now
      var counts = (examined: 0, removed: 0)
      while counts.examined < limit, let record = table.queue.next(at: now) {
        counts.examined += 1
        guard let index = table.claims.index(forKey: record.key),
          table.claims.values[index].queued == record.deadline
        else { continue }
        if forget(record.key, in: &table, at: now) {
          counts.removed += 1
        } else {
          table.claims.values[index].queued = .never
          remind(of: index, in: &table)
        }
      }
      return counts
    }
  }

  private func perform(
    _ step: ClaimStep, on claim: inout MemoryClaim, at moment: MemoryClaim.Moment
  ) throws(MemoryBudget.Exhausted) -> Outcome {
    let before = claim.waiterCount
    claim.dropSilent(at: moment)
    let waiting = claim.waiterCount
    budget.release((before - waiting) * MemoryClaim.waiterCost)
    let front = claim.front
    let reply: StoreReply
    switch step {
    case .take(let request):
      reply = try claim.take(request, at: moment) { () throws(MemoryBudget.Exhausted) in
        try budget.adjust(by: MemoryClaim.waiterCost)
      }
    case .renew(let owner, let life, let fence):
      reply = claim.renew(owner, life, fence, at: moment)
    case .release(let owner, let fence):
      reply = claim.release(owner, fence, at: moment)
    case .withdraw(let ticket):
      claim.withdraw(ticket, at: moment)
      reply = .done
    case .inspect:
      reply = claim.state(at: moment)
    }
    budget.release(max(waiting - claim.waiterCount, 0) * MemoryClaim.waiterCost)
    return Outcome(reply: reply, ring: claim.toRing(since: front))
  }

  /// What a step comes to where there is no claim, and none is asked for.
  private static func outcomeOfNone(_ step: ClaimStep) -> Outcome {
    switch step {
    case .renew, .release:
      Outcome(reply: .failure(RPCError(.claimNotHeld)))
    case .take, .withdraw:
      Outcome(reply: .done)
    case .inspect:
      Outcome(reply: .claim(.state(ClaimState(owner: nil, fence: nil, expiresAtMs: nil))))
    }
  }

  // MARK: Forgetting

  /// Sees to it that the queue reminds of a claim in time; a reminder that comes too early is renewed.
  private func remind(of index: Dictionary<MemoryKey, MemoryClaim>.Index, in table: inout Table) {
    let keptUntil = table.claims.values[index].keptUntil
    guard keptUntil < table.claims.values[index].queued else { return }
    table.claims.values[index].queued = keptUntil
    table.queue.insert(ExpiryQueue.Record(deadline: keptUntil, key: table.claims[index].key))
  }

  /// Forgets a claim whose time to be kept is over.
  @discardableResult
  private func forget(_ key: MemoryKey, in table: inout Table, at now: Int64) -> Bool {
    guard let index = table.claims.index(forKey: key),
      table.claims.values[index].keptUntil.isOver(at: now)
    else { return false }
    let (key, claim) = table.claims.remove(at: index)
    table.index?.remove(key)
    budget.release(MemoryClaim.cost(key: key) + claim.waiterCount * MemoryClaim.waiterCost)
    return true
  }
}
