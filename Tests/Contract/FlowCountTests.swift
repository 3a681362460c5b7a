import CloakroomCore
import NIOCore
import Support
import Testing

@testable import CloakroomStore

@Suite("The facts of a flow's sessions", .timeLimit(.minutes(2)))
struct FlowCountTests {
  /// Some hour of 2033, and so later than any time that tests are run at.
  private static let hour: Int64 = 560_000
  private static let start = hour * FlowStatistics.hourMs
  private static let kept = start + 1_000_000_000

  /// Names that no other test has.
  private static func statistics(_ store: StoreHarness) throws -> FlowStatistics {
    var name = store.key("").bytes
    name.writeString("session:0011")
    return try #require(FlowStatistics(ofSession: StoreKey(bytes: name), flow: "f", outward: 0))
  }

  private static func ref(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
      + String(repeating: "e", count: 32)
  }

  private static func count(
    _ facts: FlowFacts, of session: Int = 1, areAll: Bool = false, _ store: StoreHarness
  ) async throws -> CountFacts.Reply {
    let step = CountFacts(
      try statistics(store), session: ref(session), version: 3, createdAtMs: start, facts,
      areAll: areAll, keptUntilMs: kept)
    return try await store.step(step).get()
  }

  /// What was counted in some hours; fields that are 0 left out.
  private static func counted(
    _ store: StoreHarness, hours: Range<Int64> = hour..<hour + 24
  ) async throws -> [String: Int64] {
    let statistics = try statistics(store)
    let names = hours.map { statistics.hour($0) }
    return try await store.step(ReadCounts(names)).get()
  }

  private static func live(_ store: StoreHarness) async throws -> [String: Int64] {
    let statistics = try statistics(store)
    return try await store.step(ReadCounts([statistics.live])).get().filter { $0.value != 0 }
  }

  private static func story(_ events: [FlowFact.Event], at time: Int64 = start) -> FlowFacts {
    var facts = FlowFacts()
    for event in events { facts.append(event, at: time) }
    return facts
  }

  @Test("are counted by hour and version, step and time", arguments: ContractStores.all)
  func counted(kind: ContractStore) async throws {
    try await kind.run { (store: StoreHarness) async throws in
      var facts = Self.story([.created, .entered("a")])
      facts.append(.done("a", ms: 1000), at: Self.start + FlowStatistics.hourMs)
      facts.append(.entered("b|:;%"), at: Self.start + FlowStatistics.hourMs)
      #expect(try await Self.count(facts, store) == .counted)
      let bucket = DurationBucket(ms: 1000).number
      #expect(
        try await Self.counted(store, hours: Self.hour..<Self.hour + 1)
          == ["3|created": 1, "3|entered|a": 1])
      #expect(
        try await Self.counted(store, hours: Self.hour + 1..<Self.hour + 2)
          == ["3|done|a": 1, "3|time|a|\(bucket)": 1, "3|entered|b%7C%3A%3B%25": 1])
      #expect(try await Self.live(store) == ["3": 1])
    }
  }

  @Test("that have been counted are not counted again", arguments: ContractStores.all)
  func again(kind: ContractStore) async throws {
    try await kind.run { (store: StoreHarness) async throws in
      let facts = Self.story([.created, .entered("a"), .abandoned("a")])
      for areAll in [false, true, false] {
        #expect(try await Self.count(facts, areAll: areAll, store) == .counted)
      }
      #expect(try await Self.count(facts.later(than: 1), store) == .counted)
      let expected: [String: Int64] = ["3|created": 1, "3|entered|a": 1, "3|abandoned|a": 1]
      #expect(try await Self.counted(store) == expected)
      #expect(try await Self.live(store) == [:])
      // Of another session they are others.
      #expect(try await Self.count(facts, of: 2, store) == .counted)
      #expect(try await Self.counted(store) == expected.mapValues { 2 * $0 })
    }
  }

  @Test("wait for earlier ones, unless there are none any more", arguments: ContractStores.all)
  func gap(kind: ContractStore) async throws {
    try await kind.run { (store: StoreHarness) async throws in
      let facts = Self.story([.created, .entered("a"), .done("a", ms: 1), .completed])
      #expect(try await Self.count(facts.later(than: 2), store) == .earlierMissing)
      #expect(try await Self.counted(store) == [:])
      #expect(try await Self.live(store) == [:])
      #expect(try await Self.count(facts.later(than: 2), areAll: true, store) == .counted)
      #expect(
        try await Self.counted(store) == ["3|done|a": 1, "3|time|a|0": 1, "3|completed": 1])
      // What comes late now has been passed over.
      #expect(try await Self.count(facts, store) == .counted)
      #expect(try await Self.live(store) == ["3": -1])
    }
  }

  @Test(
    "are each counted once, in whatever order and however often several counters send them",
    arguments: ContractStores.all, [1, 2, 3] as [UInt64])
  func once(kind: ContractStore, seed: UInt64) async throws {
    try await kind.run(links: 3) { stores in
      let store = stores[0]
      var random = SplitMix(seed: seed)
      let steps = ["a", "b", "c"]
      var expected: [String: Int64] = [:]
      var live: Int64 = 0
      var sendings: [(link: Int, session: Int, part: FlowFacts, all: FlowFacts)] = []
      for session in 0..<40 {
        var facts = FlowFacts()
        for number in 0..<Int.random(in: 1...30, using: &random) {
          let step = steps.randomElement(using: &random) ?? "a"
          let event: FlowFact.Event =
            switch Int.random(in: 0..<9, using: &random) {
            case 0: .created
            case 1: .completed
            case 2: .deleted
            case 3: .abandoned(step)
            case 4: .dead
            case 5: .reopened
            case 6: .done(step, ms: .random(in: 0...10_000_000, using: &random))
            default: .entered(step)
            }
          let time = Self.start + .random(in: 0..<10, using: &random) * FlowStatistics.hourMs
          facts.append(event, at: time)
          let fact = FlowFact(event, at: time)
          for field in fact.fields(version: 3) { expected[field, default: 0] += 1 }
          live += fact.live
          // What this change has brought, or some more, once or several times; now and then never.
          for _ in 0..<Int.random(in: 0...3, using: &random) {
            let since = Int64.random(in: 0...Int64(number), using: &random)
            sendings.append(
              (Int.random(in: 0..<3, using: &random), session, facts.later(than: since), facts))
          }
        }
        // The look makes up for what was never sent.
        sendings.append((Int.random(in: 0..<3, using: &random), session, facts, facts))
      }
      sendings.shuffle(using: &random)
      let shuffled = sendings
      try await withThrowingTaskGroup(of: Void.self) { group in
        for link in 0..<3 {
          group.addTask {
            // Counts under the names of the first harness, as sidecars of one store do.
            let statistics = try Self.statistics(store)
            for sending in shuffled where sending.link == link {
              func step(_ facts: FlowFacts, areAll: Bool) -> CountFacts {
                CountFacts(
                  statistics, session: Self.ref(sending.session), version: 3,
                  createdAtMs: Self.start, facts, areAll: areAll, keptUntilMs: Self.kept)
              }
              let reply = try await stores[link].step(step(sending.part, areAll: false)).get()
              guard reply == .earlierMissing else { continue }
              let all = try await stores[link].step(step(sending.all, areAll: true)).get()
              #expect(all == .counted)
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await Self.counted(store) == expected)
      let counted = try await Self.live(store)
      #expect(counted["3"] ?? 0 == live)
    }
  }

  @Test("are kept for 90 days behind their hour", arguments: ContractStores.withInjectedClock)
  func kept(kind: ContractStore) async throws {
    try await kind.run { (store: StoreHarness) async throws in
      guard case .record(_, let now) = await store.perform(.read(store.key("x"))) else { return }
      let statistics = try Self.statistics(store)
      let step = CountFacts(
        statistics, session: Self.ref(1), version: 1, createdAtMs: now,
        Self.story([.created], at: now), areAll: false, keptUntilMs: now + 5000)
      #expect(await store.step(step) == .success(.counted))
      let hour = now / FlowStatistics.hourMs
      let end = FlowStatistics.keptUntilMs(hour: hour)
      await store.advance(by: end - now - 1)
      let names = [statistics.hour(hour)]
      #expect(await store.step(ReadCounts(names)) == .success(["1|created": 1]))
      await store.advance(by: 1)
      #expect(await store.step(ReadCounts(names)) == .success([:]))
    }
  }

  @Test("are forgotten in Redis as the memory store forgets them")
  func lives() async throws {
    try await ContractStores.redis.run { (store: StoreHarness) async throws in
      let statistics = try Self.statistics(store)
      #expect(try await Self.count(Self.story([.created]), store) == .counted)
      func end(_ key: StoreKey) throws -> Int64? {
        let socket = try ContractStores.redisSocketPath
        let (_, output) = try Tool.run(
          ["redis-cli", "-s", socket, "PEXPIRETIME", String(buffer: key.bytes)],
          within: .seconds(30))
        return Int64(output.filter(\.isNumber))
      }
      #expect(
        try end(statistics.hour(Self.hour)) == FlowStatistics.keptUntilMs(hour: Self.hour))
      #expect(try end(statistics.seen(hour: Self.hour)) == Self.kept)
      #expect(try end(statistics.live) == Self.kept)
    }
  }

  @Test("count errors by step and keyword", arguments: ContractStores.all)
  func errors(kind: ContractStore) async throws {
    try await kind.run { (store: StoreHarness) async throws in
      let statistics = try Self.statistics(store)
      for _ in 0..<2 {
        let step = AddCounts(
          errorsIn: statistics, version: 2, step: "a", keywords: ["required", "type", "type"],
          at: Self.start)
        #expect(await store.step(step) == .done)
      }
      #expect(
        try await Self.counted(store) == ["2|error|a|required": 2, "2|error|a|type": 4])
    }
  }

  @Test("are counted wholly or not at all where something else is stored")
  func foreign() async throws {
    try await ContractStores.redis.run { (store: StoreHarness) async throws in
      let statistics = try Self.statistics(store)
      let facts = Self.story([.created, .entered("a")])
      for foreign in [
        statistics.seen(hour: Self.hour), statistics.live, statistics.hour(Self.hour),
      ] {
        await store.put(foreign, "1", .ms(100_000))
        let step = CountFacts(
          statistics, session: Self.ref(1), version: 3, createdAtMs: Self.start, facts,
          areAll: true, keptUntilMs: Self.kept)
        #expect(await store.perform(.step(step)).refusalCode == "WRONGTYPE")
        #expect(await store.perform(.remove(foreign)) == .boolean(true))
        #expect(try await Self.counted(store) == [:])
        #expect(try await Self.live(store) == [:])
      }
      #expect(try await Self.count(facts, store) == .counted)
    }
  }

  @Test("take room from the store in memory all together or not at all")
  func room() throws {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 4000, clock: clock.storeClock)
    let name = StoreKey(bytes: ByteBuffer(string: "p:s:session:00"))
    let statistics = try #require(FlowStatistics(ofSession: name, flow: "f", outward: 0))
    var counted = 0
    for session in 0..<100 {
      let step = CountFacts(
        statistics, session: Self.ref(session), version: 1, createdAtMs: store.timeMs,
        Self.story([.created, .entered("\(session)")], at: store.timeMs), areAll: false,
        keptUntilMs: store.timeMs + 1000)
      guard store.perform(.step(step)).refusalCode == nil else { break }
      counted += 1
    }
    #expect((3..<30).contains(counted))
    let hour = store.timeMs / FlowStatistics.hourMs
    let sums = store.counts.sums(of: [statistics.hour(hour)])
    #expect(sums["1|created"] == Int64(counted))
    #expect(sums.count == counted + 1)
    #expect(store.counts.sums(of: [statistics.live]) == ["1": Int64(counted)])
    clock.advance(by: FlowStatistics.retentionMs + 2 * FlowStatistics.hourMs)
    store.sweep(limit: 100)
    #expect(store.stats.bytes == 0)
  }
}
