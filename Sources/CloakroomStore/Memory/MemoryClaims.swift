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

  /// Does one step, on any thread. When there is no room for it, nothing has changed.
  func perform(_ step: ClaimStep, on key: StoreKey) throws(MemoryBudget.Exhausted) -> Outcome {
    let key = MemoryKey(borrowing: key)
    return try table.withLock { (table) throws(MemoryBudget.Exhausted) in
      let moment = MemoryClaim.Moment(now: clock.now, date: clock.date)
      guard let place = table.find(key, at: moment.now) else {
        // A claim that there was not is granted, so nothing is kept of one that is not.
        guard case .take = step else { return Self.outcomeOfNone(step) }
        let key = key.detached()
        var claim = MemoryClaim()
        try budget.adjust(by: key.bytes.capacity + claim.cost)
        let outcome = try perform(step, on: &claim, at: moment)
        table.insert(key, claim, until: claim.keptUntil)
        return outcome
      }
      let outcome = try perform(step, on: &table[place], at: moment)
      table.postpone(place, to: table[place].keptUntil)
      return outcome
    }
  }

  /// Forgets claims that ended so long ago that their fences are not kept any more.
  ///
  /// - Parameter limit: how many reminders to look at, at most.
  /// - Returns: how many were looked at, and how many claims went.
  func sweep(limit: Int) -> (examined: Int, removed: Int) {
    table.withLock { $0.sweep(limit: limit, at: clock.now) }
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
    return Outcome(reply: reply, wake: claim.waiterToWake(since: front))
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
}
