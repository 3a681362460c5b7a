internal import CloakroomCore
internal import NIOCore
internal import Synchronization

/// The rate limits of the store in memory, behind one lock: several limits are taken all or none.
final class MemoryRates: Sendable {
  private let table: Mutex<ExpiringTable<RateState>>
  private let budget: MemoryBudget
  private let clock: StoreClock

  /// All limits are untouched; what they take comes from a budget.
  init(budget: MemoryBudget, isScannable: Bool, clock: StoreClock) {
    table = Mutex(ExpiringTable(budget: budget, isScannable: isScannable))
    self.budget = budget
    self.clock = clock
  }

  /// How many keys have limits under way, those included that are untouched again, how many reminders there
  /// are, and how many have gone by themselves.
  var counts: (entries: Int, deadlines: Int, expired: UInt64) {
    table.withLock { ($0.count, $0.queued, $0.expired) }
  }

  /// Looks for names that begin with a prefix; see `ScanIndex.scan`.
  func scan(prefix: ByteBuffer, from bucket: Int, count: Int) -> ScanIndex.Part {
    table.withLock { $0.scan(prefix: prefix, from: bucket, count: count, at: clock.now) }
  }

  /// Forgets limits that are untouched again; see `ExpiringTable.sweep`.
  func sweep(limit: Int) -> (examined: Int, removed: Int) {
    table.withLock { $0.sweep(limit: limit, at: clock.now) }
  }

  /// Takes what one limit costs, if it allows that. When there is no room, nothing has changed.
  func take(
    _ demand: RateDemand
  ) throws(MemoryBudget.Exhausted) -> Result<RateOutcome, RPCError> {
    try table.withLock { (table) throws(MemoryBudget.Exhausted) in
      let nowMs = clock.now
      let now = nowMs &* 1000
      let key = MemoryKey(borrowing: demand.key)
      let place = table.find(key, at: nowMs)
      var state = place.map { table[$0] } ?? RateState()
      let (found, isMoved) = state.ahead(of: demand.limit, at: now)
      let standing = RateStanding(demand.limit, ahead: found, cost: demand.cost)
      let isTaken = standing.isAllowed
      let ahead = isTaken ? standing.taken.ahead : found
      do throws(RPCError) {
        // A look at a full key is refused too, as Redis does.
        try state.put(ahead, for: demand.limit, at: now)
      } catch {
        return .failure(error)
      }
      if isTaken || isMoved { try write([key: state], into: &table, at: nowMs) }
      return .success(RateOutcome(isTaken: isTaken, atMicroseconds: now, ahead: ahead))
    }
  }

  /// Looks at limits, and takes them all if that is wanted and all can be.
  ///
  /// Where the clock has been put back, what is found counts from now on, unless this is a mere look.
  /// When there is no room, nothing has changed.
  func decide(
    _ demands: [RateDemand], taking isTaking: Bool
  ) throws(MemoryBudget.Exhausted) -> Result<RateLook, RPCError> {
    try table.withLock { (table) throws(MemoryBudget.Exhausted) in
      let nowMs = clock.now
      let now = nowMs &* 1000
      var states: [MemoryKey: RateState] = [:]
      // The same with nothing taken, of the keys from before the clock was put back.
      var moved: [MemoryKey: RateState] = [:]
      var ahead: [RateSpan] = []
      var isAllowed = true
      do throws(RPCError) {
        for demand in demands {
          let key = MemoryKey(borrowing: demand.key)
          var state = states[key] ?? table.find(key, at: nowMs).map { table[$0] } ?? RateState()
          let (found, isMoved) = state.ahead(of: demand.limit, at: now)
          let standing = RateStanding(demand.limit, ahead: found, cost: demand.cost)
          ahead.append(found)
          if isMoved {
            var rest = moved[key] ?? table.find(key, at: nowMs).map { table[$0] } ?? RateState()
            try rest.put(found, for: demand.limit, at: now)
            moved[key] = rest
          }
          if !standing.isAllowed { isAllowed = false }
          try state.put(standing.taken.ahead, for: demand.limit, at: now)
          states[key] = state
        }
      } catch {
        return .failure(error)
      }
      let isTaken = isTaking && isAllowed
      if isTaking { try write(isTaken ? states : moved, into: &table, at: nowMs) }
      return .success(RateLook(isTaken: isTaken, atMicroseconds: now, ahead: ahead))
    }
  }

  /// Forgets what is known of keys.
  ///
  /// - Returns: of how many something was known.
  func forget(_ keys: [StoreKey]) -> Int64 {
    table.withLock { table in
      let now = clock.now
      return keys.reduce(0) { count, key in
        guard let place = table.find(MemoryKey(borrowing: key), at: now) else { return count }
        table.remove(at: place)
        return count + 1
      }
    }
  }

  private func write(
    _ states: [MemoryKey: RateState], into table: inout ExpiringTable<RateState>, at now: Int64
  ) throws(MemoryBudget.Exhausted) {
    var room = 0
    var added: [MemoryKey] = []
    for (key, state) in states where table.find(key, at: now) == nil {
      let key = key.detached()
      room += key.bytes.capacity + state.cost
      added.append(key)
    }
    try budget.adjust(by: room)
    for key in added {
      guard let state = states[key] else { continue }
      table.insert(key, state, until: state.deadline)
    }
    for (key, state) in states {
      guard let place = table.find(key, at: now) else { continue }
      table[place] = state
      table.postpone(place, to: state.deadline)
    }
  }
}

extension MemoryStore {
  /// Takes what one limit costs, if it allows that.
  func take(_ demand: RateDemand) -> StoreReply {
    do throws(RPCError) {
      return .rate(
        try findingRoom { () throws(MemoryBudget.Exhausted) in try rates.take(demand) }.get())
    } catch {
      return .failure(error)
    }
  }

  /// Looks at limits, and takes them all if that is wanted and all can be.
  func rate(_ demands: [RateDemand], taking isTaking: Bool) throws(RPCError) -> RateLook {
    try findingRoom { () throws(MemoryBudget.Exhausted) in
      try rates.decide(demands, taking: isTaking)
    }.get()
  }
}
