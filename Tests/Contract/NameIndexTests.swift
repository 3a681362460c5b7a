import CloakroomCore
import NIOCore
import Support
import Testing

@testable import CloakroomStore

@Suite("An index of names", .timeLimit(.minutes(1)))
struct NameIndexTests {
  private static let life: Int64 = 1_000_000

  /// The store's time.
  private static func now(_ store: StoreHarness) async -> Int64 {
    guard case .record(_, let now) = await store.perform(.read(store.key("no record"))) else {
      Issue.record("the store doesn't tell its time")
      return 0
    }
    return now
  }

  private static func add(
    _ entries: [IndexedName], to index: StoreKey, _ store: StoreHarness, untilMs: Int64
  ) async {
    let steps = entries.map { StoreCommand.step(IndexName(index, $0, keepUntilMs: untilMs)) }
    for reply in await store.perform(steps) { #expect(reply.result(of: IndexName.self) == .done) }
  }

  /// All entries, by pages of a size.
  private static func all(
    _ index: StoreKey, _ store: StoreHarness, by count: Int
  ) async throws -> [IndexedName] {
    var all: [IndexedName] = []
    while all.count < 10_000 {
      let page = try await store.step(ReadIndex(index, before: all.last, count: count)).get()
      #expect(page.count <= count)
      guard !page.isEmpty else { break }
      all += page
    }
    return all
  }

  @Test("gives its names newest first, page by page", arguments: ContractStores.all)
  func pages(kind: ContractStore) async throws {
    try await kind.run { (store: StoreHarness) async throws in
      let index = store.key("index")
      var random = SplitMix(seed: 7)
      let entries = (0..<700).map {
        IndexedName("name \($0)", score: 1_700_000_000_000 + Int64(random.next() % 50))
      }
      let end = await Self.now(store) + Self.life
      await Self.add(entries.shuffled(using: &random), to: index, store, untilMs: end)
      let expected = entries.sorted(by: >)
      for count in [1, 7, 64, 1000] {
        #expect(try await Self.all(index, store, by: count) == expected)
      }
      #expect(try await store.step(ReadIndex(store.key("none"), count: 10)).get() == [])
    }
  }

  @Test(
    "gives names of one score by their bytes, and goes on behind one that is gone",
    arguments: ContractStores.all)
  func ties(kind: ContractStore) async throws {
    try await kind.run { (store: StoreHarness) async throws in
      let index = store.key("index")
      // In an order of bytes that no locale has, and a name that is the beginning of another.
      let names = ["B", "Z", "_", "a", "a ", "aa", "b", "zz", "É", "é", "🙂"]
      let end = await Self.now(store) + Self.life
      await Self.add(
        names.map { IndexedName($0, score: 5) } + [
          IndexedName("low", score: 4), IndexedName("high", score: 6),
        ], to: index, store, untilMs: end)
      let expected = ["high"] + names.reversed() + ["low"]
      #expect(try await Self.all(index, store, by: 2).map(\.name.text) == expected)
      for (place, gone) in expected.enumerated() {
        let before = IndexedName(gone, score: gone == "high" ? 6 : gone == "low" ? 4 : 5)
        #expect(try await store.step(UnindexNames(index, [gone])).get() == 1)
        let rest = try await store.step(ReadIndex(index, before: before, count: 100)).get()
        #expect(rest.map(\.name.text) == Array(expected.dropFirst(place + 1)))
      }
      #expect(try await Self.all(index, store, by: 2) == [])
    }
  }

  @Test("has a name once, where it was put last", arguments: ContractStores.all)
  func moved(kind: ContractStore) async throws {
    try await kind.run { (store: StoreHarness) async throws in
      let index = store.key("index")
      let end = await Self.now(store) + Self.life
      for score: Int64 in [3, 9, 1, 1] {
        await Self.add([IndexedName("a", score: score)], to: index, store, untilMs: end)
      }
      await Self.add([IndexedName("b", score: 2)], to: index, store, untilMs: end)
      #expect(
        try await Self.all(index, store, by: 1)
          == [IndexedName("b", score: 2), IndexedName("a", score: 1)])
      #expect(try await store.step(UnindexNames(index, ["a", "c", "b"])).get() == 2)
      #expect(try await store.step(UnindexNames(index, ["a"])).get() == 0)
      #expect(try await Self.all(index, store, by: 1) == [])
    }
  }

  @Test("takes scores as large as doubles have whole numbers", arguments: ContractStores.all)
  func scores(kind: ContractStore) async throws {
    try await kind.run { (store: StoreHarness) async throws in
      let index = store.key("index")
      let scores: [Int64] = [.min, -(1 << 53), -1, 0, 1, (1 << 53) - 1, 1 << 53, .max]
      let end = await Self.now(store) + Self.life
      let entries = scores.map { IndexedName("\($0)", score: $0) }
      await Self.add(entries, to: index, store, untilMs: end)
      #expect(try await Self.all(index, store, by: 1) == entries.sorted(by: >))
    }
  }

  @Test("lives as long as the longest of its names", arguments: ContractStores.all)
  func life(kind: ContractStore) async throws {
    try await kind.run { (store: StoreHarness) async throws in
      let (long, short) = (store.key("long"), store.key("short"))
      let now = await Self.now(store)
      let entry = IndexedName("a", score: 1)
      await Self.add([entry], to: long, store, untilMs: now + Self.life)
      await Self.add([IndexedName("b", score: 2)], to: long, store, untilMs: now + 50)
      await Self.add([entry], to: short, store, untilMs: now + 40)
      await Self.add([IndexedName("b", score: 2)], to: short, store, untilMs: now + 80)
      await store.advance(by: 100)
      #expect(try await Self.all(long, store, by: 10).count == 2)
      #expect(try await Self.all(short, store, by: 10) == [])
    }
  }

  @Test("is refused where something else is stored, and leaves that as it is")
  func foreign() async throws {
    try await ContractStores.redis.run { (store: StoreHarness) async throws in
      let key = store.key("text")
      await store.put(key, "1", .ms(Self.life))
      let add = IndexName(key, IndexedName("a", score: 1), keepUntilMs: .max / 4)
      #expect(await store.perform(.step(add)).refusalCode == "WRONGTYPE")
      #expect(await store.perform(.step(UnindexNames(key, ["a"]))).refusalCode == "WRONGTYPE")
      #expect(await store.perform(.step(ReadIndex(key, count: 1))).refusalCode == "WRONGTYPE")
      let before = IndexedName("a", score: 1)
      #expect(
        await store.perform(.step(ReadIndex(key, before: before, count: 1))).refusalCode
          == "WRONGTYPE")
      await store.expect("1", under: key)
      await store.expectLife(Self.life, of: key)
    }
  }

  @Test("takes room from the store in memory, and gives it back")
  func room() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 100_000, clock: clock.storeClock)
    let index = StoreKey(bytes: ByteBuffer(string: "index"))
    var added = 0
    while added < 10_000 {
      let entry = IndexedName("name \(added)", score: Int64(added))
      let step = StoreCommand.step(IndexName(index, entry, keepUntilMs: store.timeMs + 1000))
      guard store.perform(step).refusalCode == nil else { break }
      added += 1
    }
    // Each takes some 200 bytes.
    #expect((300..<1000).contains(added))
    #expect(store.perform(.step(ReadIndex(index, count: 1))).reason == nil)
    let names = (0..<added).map { "name \($0)" }
    let removed = store.perform(.step(UnindexNames(index, names)))
    #expect(removed.result(of: UnindexNames.self) == .success(Int64(added)))
    #expect(store.stats.bytes == 0)
    #expect(store.stats.entries == 0)
    let entry = IndexedName("a", score: 1)
    _ = store.perform(.step(IndexName(index, entry, keepUntilMs: store.timeMs + 1000)))
    #expect(store.stats.bytes > 0)
    clock.advance(by: 1000)
    store.sweep(limit: 100)
    #expect(store.stats.bytes == 0)
  }
}
