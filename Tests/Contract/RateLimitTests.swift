import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A rate limit", .timeLimit(.minutes(2)))
struct RateLimitTests {
  @Test("lets a burst through at once, and no more", arguments: ContractStores.all)
  func burst(kind: ContractStore) async throws {
    try await kind.run { store in
      // A window that is far longer than the test takes.
      for (limit, burst) in [(1, 1), (3, 3), (3, 1), (3, 10), (100, 100)] as [(Int64, Int64)] {
        let key = store.key("burst \(limit) \(burst)")
        let limit = try RateLimit.of(limit, inMs: 3_600_000, burst: burst)
        for taken in 1...burst {
          let (isTaken, standing) = try await store.take(key, limit)
          #expect(isTaken && standing.remaining == burst - taken)
        }
        let (isTaken, standing) = try await store.take(key, limit)
        #expect(!isTaken && standing.remaining == 0)
        #expect(standing.retryAfterMs > 0)
      }
    }
  }

  @Test(
    "is even: one comes back in each share of the window",
    arguments: ContractStores.withInjectedClock)
  func refill(kind: ContractStore) async throws {
    try await kind.run { store in
      let (key, limit) = (store.key("refill"), try RateLimit.of(4, inMs: 1000))
      #expect(try await store.exhaust(key, limit) == 4)
      for _ in 0..<6 {
        let denied = try await store.take(key, limit)
        #expect(!denied.isTaken && denied.standing.retryAfterMs == 250)
        #expect(denied.standing.resetMs == 1000)
        await store.advance(by: 249)
        #expect(try await store.take(key, limit).isTaken == false)
        await store.advance(by: 1)
        let taken = try await store.take(key, limit)
        #expect(taken.isTaken && taken.standing.remaining == 0 && taken.standing.resetMs == 1000)
      }
      await store.advance(by: 999)
      #expect(try await store.peek(key, limit).remaining == 3)
      await store.advance(by: 1)
      #expect(try await store.peek(key, limit).remaining == 4)
      #expect(try await store.peek(key, limit).resetMs == 0)
    }
  }

  /// A limit, a burst, a window in ms, a cost, how often it is taken at once, and the wait that is told then.
  static let roundings: [(Int64, Int64, Int64, Int64, Int, Int64)] = [
    (3, 3, 1000, 1, 3, 334), (7, 7, 1000, 1, 7, 143), (3, 3, 1, 1, 3, 1), (3, 3, 10, 1, 3, 4),
    (3, 3, 1000, 3, 1, 1000), (3, 3, 1000, 2, 1, 334), (1_000_000, 1, 1000, 1, 1, 1),
    (1_000_000_000, 10, 1000, 10, 1, 1), (1, 1, 3_600_000, 1, 1, 3_600_000),
    (60, 1, 60_000, 1, 1, 1000), (100, 5, 60_000, 5, 1, 3000),
    (999, 999, 86_400_000, 999, 1, 86_400_000),
  ]

  @Test(
    "rounds waits up, and what has waited so long gets through",
    arguments: ContractStores.withInjectedClock,
    roundings)
  func rounding(
    kind: ContractStore, example: (Int64, Int64, Int64, Int64, Int, Int64)
  ) async throws {
    let (most, burst, window, cost, times, wait) = example
    try await kind.run { store in
      let key = store.key("rounding")
      let limit = try RateLimit.of(most, inMs: window, burst: burst)
      for _ in 0..<times { #expect(try await store.take(key, limit, cost: cost).isTaken) }
      let denied = try await store.take(key, limit, cost: cost)
      #expect(!denied.isTaken && denied.standing.retryAfterMs == wait)
      await store.advance(by: wait - 1)
      #expect(try await store.take(key, limit, cost: cost).isTaken == false)
      await store.advance(by: 1)
      #expect(try await store.take(key, limit, cost: cost).isTaken)
    }
  }

  @Test("that is refused takes nothing, whatever it costs", arguments: ContractStores.all)
  func cost(kind: ContractStore) async throws {
    try await kind.run { store in
      let (key, limit) = (store.key("cost"), try RateLimit.of(10, inMs: 3_600_000))
      #expect(try await store.take(key, limit, cost: 7).standing.remaining == 3)
      #expect(try await store.take(key, limit, cost: 4).isTaken == false)
      #expect(try await store.take(key, limit, cost: 3).standing.remaining == 0)
      #expect(try await store.take(key, limit, cost: 0).isTaken)
      let error = #expect(throws: RPCError.self) { try RateDemand(key, limit, cost: 11) }
      #expect(error?.reason == .invalidParams)
      #expect(throws: RPCError.self) { try RateDemand(key, limit, cost: -1) }
    }
  }

  @Test("is only looked at by a peek, and forgotten by a reset", arguments: ContractStores.all)
  func peekAndReset(kind: ContractStore) async throws {
    try await kind.run { store in
      let (key, other) = (store.key("peek"), store.key("another"))
      let limit = try RateLimit.of(5, inMs: 3_600_000)
      for _ in 0..<3 { #expect(try await store.peek(key, limit).remaining == 5) }
      #expect(try await store.exhaust(key, limit) == 5)
      let standing = try await store.peek(key, limit)
      #expect(!standing.isAllowed && standing.remaining == 0)
      #expect((3_590_000...3_600_000).contains(standing.resetMs))
      #expect((710_000...720_000).contains(standing.retryAfterMs))
      #expect(await store.step(ForgetRates([key, other])) == .success(1))
      #expect(await store.step(ForgetRates([key])) == .success(0))
      #expect(try await store.exhaust(key, limit) == 5)
    }
  }

  @Test("is taken with others, all or none, on any keys", arguments: ContractStores.all)
  func allOrNone(kind: ContractStore) async throws {
    try await kind.run { store in
      let (user, address) = (store.key("user"), store.key("address"))
      let (few, many) = (
        try RateLimit.of(2, inMs: 3_600_000), try RateLimit.of(9, inMs: 86_400_000)
      )
      let demands = [
        try RateDemand(user, few), try RateDemand(address, many), try RateDemand(user, many),
      ]
      for left in [1, 0] as [Int64] {
        let (isTaken, standings) = try await store.take(demands)
        #expect(isTaken && standings.map(\.taken.remaining) == [left, left + 7, left + 7])
      }
      for _ in 0..<3 {
        let (isTaken, standings) = try await store.take(demands)
        #expect(!isTaken && standings.map(\.isAllowed) == [false, true, true])
        #expect(standings.map(\.remaining) == [0, 7, 7])
      }
      // Nothing was taken from those that would have allowed it, and what is left there can still be had.
      #expect(try await store.take(address, many).standing.remaining == 6)
      #expect(try await store.take(user, many).standing.remaining == 6)
    }
  }

  @Test("of another window on the same key is another limit", arguments: ContractStores.all)
  func windows(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("windows")
      for minutes in 1...16 as ClosedRange<Int64> {
        let limit = try RateLimit.of(1, inMs: minutes * 3_600_000)
        #expect(try await store.exhaust(key, limit) == 1)
      }
      for minutes in 1...16 as ClosedRange<Int64> {
        let limit = try RateLimit.of(1, inMs: minutes * 3_600_000)
        #expect(try await store.take(key, limit).isTaken == false)
      }
      let limit = try RateLimit.of(1, inMs: 17 * 3_600_000)
      let demand = try RateDemand(key, limit)
      #expect(await store.step(TakeRates([demand])).reason == .invalidParams)
      #expect(await store.perform(.takeRate(demand)).reason == .invalidParams)
      #expect(await store.step(ForgetRates([key])) == .success(1))
      #expect(try await store.exhaust(key, limit) == 1)
    }
  }

  @Test("that has become another goes on from where it was", arguments: ContractStores.all)
  func changed(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("changed")
      let (small, large) = (
        try RateLimit.of(3, inMs: 3_600_000), try RateLimit.of(7, inMs: 3_600_000)
      )
      #expect(try await store.take(key, small).isTaken)
      // A third of the hour is gone, and so are two and a third of seven.
      #expect(try await store.peek(key, large).remaining == 4)
      #expect(try await store.exhaust(key, large) == 4)
      // A third and four sevenths of the hour have to come back before a burst of one does.
      let tiny = try RateLimit.of(3, inMs: 3_600_000, burst: 1)
      let standing = try await store.peek(key, tiny)
      #expect(standing.remaining == 0)
      #expect((3_200_000...3_257_143).contains(standing.retryAfterMs))
    }
  }

  /// What a limit in an hour was and has become, each with its burst, and what a call costs then.
  static let changes: [(was: (Int64, Int64), is: (Int64, Int64), cost: Int64)] = [
    ((60, 60), (60, 5), 1), ((60, 60), (60, 5), 5), ((60, 60), (60, 1), 1), ((7, 70), (7, 3), 2),
    ((7, 7), (13, 2), 1), ((3, 30), (100, 10), 10), ((7, 70), (5, 3), 1),
  ]

  @Test(
    "lets who waits as long as a peek or a check tells through, also after a larger burst",
    arguments: ContractStores.withInjectedClock, 0..<changes.count)
  func lowered(kind: ContractStore, row: Int) async throws {
    let change = Self.changes[row]
    try await kind.run { store in
      let was = try RateLimit.of(change.was.0, inMs: 3_600_000, burst: change.was.1)
      let limit = try RateLimit.of(change.is.0, inMs: 3_600_000, burst: change.is.1)
      for isPeek in [true, false] {
        let (key, untouched) = (store.key("lowered \(isPeek)"), store.key("beside \(isPeek)"))
        #expect(try await store.take(key, was, cost: was.burst).isTaken)
        let wait: Int64
        if isPeek {
          wait = try await store.peek(key, limit, cost: change.cost).retryAfterMs
        } else {
          let demands = [
            try RateDemand(key, limit, cost: change.cost), try RateDemand(untouched, limit),
          ]
          let (isTaken, standings) = try await store.take(demands)
          #expect(!isTaken)
          wait = try #require(standings.first).retryAfterMs
        }
        // Until as much has come back as the larger burst had taken, but for what the lower one leaves.
        #expect(wait > was.capacity.milliseconds - limit.capacity.milliseconds)
        await store.advance(by: wait - 1)
        #expect(try await store.take(key, limit, cost: change.cost).isTaken == false)
        await store.advance(by: 1)
        #expect(try await store.take(key, limit, cost: change.cost).isTaken)
        #expect(try await store.peek(untouched, limit).remaining == limit.burst)
      }
    }
  }

  @Test(
    "gives nothing back to a larger burst when a lower one is refused",
    arguments: ContractStores.all)
  func mixed(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("mixed")
      let large = try RateLimit.of(60, inMs: 3_600_000)
      let small = try RateLimit.of(60, inMs: 3_600_000, burst: 5)
      #expect(try await store.take(key, large, cost: 58).isTaken)
      for _ in 0..<3 {
        #expect(try await store.take(key, small).isTaken == false)
        let demands = [try RateDemand(key, small), try RateDemand(store.key("other"), small)]
        #expect(try await store.take(demands).isTaken == false)
        #expect(try await store.peek(key, small).remaining == 0)
        #expect(try await store.peek(key, large).remaining == 2)
      }
      #expect(try await store.exhaust(key, large) == 2)
      // What costs nothing is allowed all the same.
      #expect(try await store.take(key, small, cost: 0).isTaken)
      #expect(try await store.peek(key, small, cost: 0).isAllowed)
      #expect(try await store.peek(key, large).remaining == 0)
    }
  }

  /// A limit and a burst in an hour, how far the clock is put back (ms), and what a call costs then.
  static let putBack: [(limit: Int64, burst: Int64, backMs: Int64, cost: Int64)] = [
    (60, 60, 86_400_000, 1), (7, 7, 3_600_000, 3), (7, 70, 1000, 1), (7, 3, 1, 3),
  ]

  @Test(
    "counts from now on once a check was refused after the clock was put back",
    arguments: ContractStores.withInjectedClock, 0..<putBack.count)
  func clock(kind: ContractStore, row: Int) async throws {
    let example = Self.putBack[row]
    try await kind.run { store in
      let limit = try RateLimit.of(example.limit, inMs: 3_600_000, burst: example.burst)
      for isList in [false, true] {
        let (key, other) = (store.key("put back \(isList)"), store.key("beside \(isList)"))
        #expect(try await store.take(key, limit, cost: limit.burst).isTaken)
        await store.advance(by: -example.backMs)
        let span = limit.span(of: example.cost)?.milliseconds
        // Again and again: only a mere look changes nothing.
        for _ in 0..<2 {
          #expect(try await store.peek(key, limit, cost: example.cost).retryAfterMs == span)
        }
        let demands =
          [try RateDemand(key, limit, cost: example.cost)]
          + (isList ? [try RateDemand(other, limit)] : [])
        for _ in 0..<2 {
          let (isTaken, standings) = try await store.take(demands)
          #expect(!isTaken && standings.first?.retryAfterMs == span)
        }
        let wait = try #require(span)
        await store.advance(by: wait - 1)
        #expect(try await store.take(key, limit, cost: example.cost).isTaken == false)
        await store.advance(by: 1)
        #expect(try await store.take(key, limit, cost: example.cost).isTaken)
        #expect(try await store.peek(other, limit).remaining == limit.burst)
      }
    }
  }

  @Test("leaves nothing behind once it is untouched again", arguments: ContractStores.all)
  func expiry(kind: ContractStore) async throws {
    try await kind.run { store in
      let (key, limit) = (store.key("expiry"), try RateLimit.of(3, inMs: 200))
      #expect(try await store.take(key, limit, cost: 3).isTaken)
      if store.slackMs == 0 {
        await store.advance(by: 199)
        #expect(await ScanTests.names(store, key, count: 1000) == [key])
        await store.advance(by: 1)
      } else {
        let rest = try await store.peek(key, limit).resetMs
        await store.advance(by: rest)
      }
      #expect(await ScanTests.names(store, key, count: 1000).isEmpty)
      #expect(try await store.peek(key, limit).remaining == 3)
    }
  }

  @Test("is what an exact bucket says, whatever is asked when", arguments: 0..<20 as Range<UInt64>)
  func model(seed: UInt64) async throws {
    try await ContractStores.memory.run { store in
      var random = SplitMix(seed: seed)
      let key = store.key("model")
      let burst = Int64.random(in: 1...30, using: &random)
      let limit = try RateLimit.of(
        .random(in: 1...1000, using: &random), inMs: .random(in: 1...5000, using: &random),
        burst: burst)
      var now: Int64 = 0
      var model = LeakyModel(
        limit: limit.limit, windowMicroseconds: limit.windowMicroseconds, burst: burst, at: 0)
      let share = limit.windowMicroseconds / 1000 / limit.limit + 2
      for _ in 0..<500 {
        let cost = Int64.random(in: 1...min(burst, 4), using: &random)
        let pause =
          Bool.random(using: &random) ? 0 : Int64.random(in: 0...share * 3, using: &random)
        await store.advance(by: pause)
        now += pause * 1000
        model.advance(to: now)
        let wait = model.waitMs(for: cost)
        let isAllowed = model.take(cost)
        let (isTaken, standing) = try await store.take(key, limit, cost: cost)
        #expect(isTaken == isAllowed)
        #expect(standing.remaining == model.remaining && standing.resetMs == model.resetMs)
        if !isTaken { #expect(standing.retryAfterMs == wait) }
      }
    }
  }

  @Test("lets no more through than it says when many ask at once", arguments: ContractStores.all)
  func crowd(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      let key = stores[0].key("crowd")
      let demand = try RateDemand(key, .of(50, inMs: 100))
      let outcomes = await withTaskGroup(of: [RateOutcome].self) { group in
        for store in stores {
          group.addTask {
            let steps = Array(repeating: StoreCommand.takeRate(demand), count: 2000)
            return await store.perform(steps).compactMap {
              if case .rate(let outcome) = $0 { outcome } else { nil }
            }
          }
        }
        return await group.reduce(into: []) { $0 += $1 }
      }
      #expect(outcomes.count == 8000)
      let times = outcomes.filter(\.isTaken).map(\.atMicroseconds).sorted()
      #expect(times.count >= 50)
      // Between any two that came through there are no more than the limit allows in that time.
      let excess = times.indices.flatMap { first in
        times.indices[first...].filter { last in
          Int64(last - first + 1) > 50 + (times[last] - times[first]) * 50 / 100_000
        }
      }
      #expect(excess.isEmpty)
    }
  }
}
