import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Synchronization
import Testing

@testable import CloakroomMethods

/// A cache of one service in a store.
private struct CacheHarness: Sendable {
  let store: StoreHarness
  let names: CacheNames
  private let key: StoreKey

  init(_ store: StoreHarness, service: String = "s", key: String = "k") {
    self.store = store
    names = CacheNames(KeySpace(prefix: store.prefix, service: service))
    self.key = StoreKey(bytes: ByteBuffer(string: "\(store.prefix):\(service):cache:\(key)"))
  }

  /// Takes one step; nil when it fails.
  @discardableResult
  func take(_ step: CacheStep, keptIn record: IdempotencyRecord? = nil) async -> CacheOutcome? {
    let outcome = Mutex<CacheOutcome?>(nil)
    let call = RecordCall(CacheRecord.self, key, CacheRequest(step, names)) {
      came, result throws(RPCError) in
      outcome.withLock { $0 = came }
      result.writeString("{}")
      return nil
    }
    let (answer, _) = await store.run(call, keepingIn: record)
    guard case .success = answer.result else { return nil }
    return outcome.withLock { $0 }
  }

  /// What a caller finds who looks, and may be given a lease.
  func get(
    _ receipt: String? = nil, tags: [String] = [], leaseMs: Int64 = 60_000
  ) async -> (status: CacheFinding.Status?, value: String, lease: String?) {
    let wish = receipt.map { CacheLook.Wish.receipt($0) } ?? .none
    let outcome = await take(.get(CacheLook(wish: wish, leaseMs: leaseMs, tags: tags)))
    guard case .found(let finding, let lease)? = outcome else { return (nil, "", nil) }
    return (finding.status, String(buffer: finding.value), lease)
  }

  func set(
    _ value: String, lifeMs: Int64 = 100_000, graceMs: Int64 = 0, tags: [String] = [],
    lease: String? = nil
  ) async -> Bool {
    let fill = CacheFill(
      value: ByteBuffer(string: value), lifeMs: lifeMs, graceMs: graceMs, tags: tags,
      lease: lease.map { Receipt.digest(of: $0) })
    if case .stored? = await take(.set(fill)) { return true }
    return false
  }

  /// - Returns: the invalidation's number.
  @discardableResult
  func invalidate(_ tags: String..., isSoft: Bool = false) async throws -> Int64 {
    let step = InvalidateCacheTags(names.counter, tags.map { names.tag($0) }, isSoft: isSoft)
    return try await store.perform(.step(step)).get(InvalidateCacheTags.self)
  }

  func keep(_ tags: String..., lifeMs: Int64 = 1000) async throws -> KeepCacheTags.Reply {
    let step = KeepCacheTags(names.counter, tags.map { names.tag($0) }, lifeMs: lifeMs)
    return try await store.perform(.step(step)).get(KeepCacheTags.self)
  }

  /// How long a name still lives, in milliseconds; nil when there is none.
  func life(of name: StoreKey) async -> Int64? {
    guard case .entry(_, let life) = await store.perform(.getWithMeta(name)) else { return nil }
    return life
  }
}

@Suite("A cache", .timeLimit(.minutes(1)))
struct CacheTests {
  private static let first = "the first caller"
  private static let second = "the second caller"

  @Test(
    "gives a value until it is stale, within its grace, and no longer",
    arguments: ContractStores.all)
  func life(kind: ContractStore) async throws {
    try await kind.run { store in
      let cache = CacheHarness(store)
      #expect(await cache.get().status == .miss)
      #expect(await cache.set("[1]", lifeMs: 100_000, graceMs: 1000))
      #expect(await cache.get() == (.hit, "[1]", nil))
      #expect(await cache.set("[2]", lifeMs: 50, graceMs: 100_000))
      await store.advance(by: 50)
      #expect(await cache.get() == (.stale, "[2]", nil))
      #expect(await cache.set("[3]", lifeMs: 20, graceMs: 30))
      await store.advance(by: 51)
      #expect(await cache.get() == (.miss, "", nil))
    }
  }

  @Test(
    "has one caller make what is missing, and the next when that one dies",
    arguments: ContractStores.all)
  func lease(kind: ContractStore) async throws {
    try await kind.run(links: 2) { stores in
      let (one, other) = (CacheHarness(stores[0]), CacheHarness(stores[1]))
      #expect(await one.get(Self.first, leaseMs: 300) == (.miss, "", Self.first))
      #expect(await one.get(Self.first) == (.miss, "", Self.first))
      guard
        case .busy? = await other.take(
          .get(CacheLook(wish: .receipt(Self.second), leaseMs: 60_000)))
      else {
        Issue.record("two were leased the key")
        return
      }
      await stores[0].advance(by: 301)
      #expect(await other.get(Self.second) == (.miss, "", Self.second))
      #expect(await one.set("1", lease: Self.first) == false)
      #expect(await other.set("2", lease: Self.second))
      #expect(await one.get() == (.hit, "2", nil))
    }
  }

  @Test(
    "never gives what was there before an invalidation by key or tag", arguments: ContractStores.all
  )
  func invalidation(kind: ContractStore) async throws {
    try await kind.run(links: 2) { stores in
      let (one, other) = (CacheHarness(stores[0]), CacheHarness(stores[1]))
      for (round, tags) in [["a"], ["b"], ["a", "b"], []].enumerated() {
        #expect(await one.set("\(round)", graceMs: 100_000, tags: ["a", "b"]))
        #expect(await other.get(tags: ["a", "b"]) == (.hit, "\(round)", nil))
        #expect(await other.get() == (.hit, "\(round)", nil))
        if tags.isEmpty {
          #expect(await other.take(.invalidate(isSoft: false)) == .invalidated)
        } else {
          for tag in tags { try await other.invalidate(tag) }
        }
        #expect(await one.get().status == .miss)
        #expect(await other.get(tags: ["a"]).status == .miss)
      }
    }
  }

  @Test("is touched by no other tenant's invalidation", arguments: ContractStores.all)
  func tenants(kind: ContractStore) async throws {
    try await kind.run { store in
      let (mine, others) = (CacheHarness(store), CacheHarness(store, service: "t"))
      #expect(await mine.set("1", tags: ["a"]))
      try await others.invalidate("a")
      #expect(await mine.get() == (.hit, "1", nil))
    }
  }

  @Test("gives a value within its grace after a soft invalidation", arguments: ContractStores.all)
  func soft(kind: ContractStore) async throws {
    try await kind.run { store in
      let cache = CacheHarness(store)
      #expect(await cache.set("1", graceMs: 100_000, tags: ["a"]))
      try await cache.invalidate("a", isSoft: true)
      #expect(await cache.get(Self.first) == (.stale, "1", Self.first))
      #expect(await cache.get(Self.second) == (.stale, "1", nil))
      #expect(await cache.set("2", graceMs: 100_000, tags: ["a"], lease: Self.first))
      #expect(await cache.get() == (.hit, "2", nil))
      #expect(await cache.take(.invalidate(isSoft: true)) == .invalidated)
      #expect(await cache.get() == (.stale, "2", nil))
      try await cache.invalidate("a")
      #expect(await cache.get().status == .miss)
    }
  }

  @Test("takes no value that was read before an invalidation", arguments: ContractStores.all)
  func slowReader(kind: ContractStore) async throws {
    try await kind.run(links: 2) { stores in
      let (one, other) = (CacheHarness(stores[0]), CacheHarness(stores[1]))
      _ = try await one.keep("a")
      // By a tag that the reader has named, by one that it names when it sets, by key, by another's value.
      for way in 0..<4 {
        #expect(await one.get(Self.first, tags: way == 0 ? ["a"] : []).lease == Self.first)
        switch way {
        case 0, 1: try await other.invalidate("a")
        case 2: await other.take(.invalidate(isSoft: false))
        default: #expect(await other.set("new"))
        }
        #expect(await one.set("old", tags: ["a"], lease: Self.first) == false, "\(way)")
        #expect(await one.get().value == (way == 3 ? "new" : ""), "\(way)")
        await one.take(.invalidate(isSoft: false))
      }
    }
  }

  @Test(
    "answers a repeated call as the first time, and does nothing twice",
    arguments: ContractStores.all)
  func once(kind: ContractStore) async throws {
    try await kind.run { store in
      let cache = CacheHarness(store)
      let record = IdempotencyRecord(
        name: store.key("once"), fingerprint: Fingerprint(of: ByteBuffer(string: "f")),
        life: .minute)
      let fill = CacheStep.set(
        CacheFill(value: ByteBuffer(string: "1"), lifeMs: 100_000, tags: ["a"]))
      guard case .stored? = await cache.take(fill, keptIn: record) else {
        Issue.record("it was not stored")
        return
      }
      #expect(await cache.set("2"))
      await cache.take(fill, keptIn: record)
      #expect(await cache.get() == (.hit, "2", nil))
    }
  }
}

@Suite("The tags of a cache", .timeLimit(.minutes(1)))
struct CacheTagTests {
  @Test("are raised to numbers that only grow, all by one counter", arguments: ContractStores.all)
  func numbers(kind: ContractStore) async throws {
    try await kind.run(links: 2) { stores in
      let (one, other) = (CacheHarness(stores[0]), CacheHarness(stores[1]))
      let made = try await one.keep("a", "b")
      #expect(made.number > 0)
      #expect(made.states == [CacheTagState(hard: made.number), CacheTagState(hard: made.number)])
      var last = made.number
      for round in 0..<20 {
        let number = try await (round.isMultiple(of: 2) ? one : other).invalidate("a")
        #expect(number > last)
        last = number
      }
      let soft = try await one.invalidate("b", isSoft: true)
      let kept = try await other.keep("a", "b", "c")
      #expect(soft > last && kept.number == soft)
      #expect(
        kept.states == [
          CacheTagState(hard: last), CacheTagState(hard: made.number, soft: soft),
          CacheTagState(hard: soft),
        ])
      #expect(try await one.invalidate("a", "b", "c") > soft)
      #expect(try await one.keep("a", "b", "c").states.allSatisfy { $0.hard > soft })
    }
  }

  @Test("get no number twice when the store has lost the counter", arguments: ContractStores.all)
  func lostCounter(kind: ContractStore) async throws {
    try await kind.run { store in
      let cache = CacheHarness(store)
      _ = try await cache.keep("a")
      let number = try await cache.invalidate("a")
      await store.advance(by: 5)
      for tag in [cache.names.counter, cache.names.tag("a")] {
        #expect(await store.perform(.remove(tag)) == .boolean(true))
      }
      let kept = try await cache.keep("a")
      #expect(kept.number > number && kept.states == [CacheTagState(hard: kept.number)])
    }
  }

  @Test(
    "live longer than what carries them, and are not made by an invalidation",
    arguments: ContractStores.all)
  func lives(kind: ContractStore) async throws {
    try await kind.run { store in
      let cache = CacheHarness(store)
      let (tag, day) = (cache.names.tag("a"), CacheTagState.leastLifeMs)
      try await cache.invalidate("a")
      #expect(await cache.life(of: tag) == nil)
      _ = try await cache.keep("a", lifeMs: 1000)
      var life = try #require(await cache.life(of: tag))
      #expect((2 * day - store.slackMs...2 * day).contains(life))
      _ = try await cache.keep("a", lifeMs: 30 * day)
      life = try #require(await cache.life(of: tag))
      #expect((31 * day - store.slackMs...31 * day).contains(life))
      // Neither a shorter life nor an invalidation takes from it.
      _ = try await cache.keep("a", lifeMs: 1000)
      try await cache.invalidate("a")
      life = try #require(await cache.life(of: tag))
      #expect((31 * day - store.slackMs...31 * day).contains(life))
      let counted = try #require(await cache.life(of: cache.names.counter))
      #expect(counted > 10 * 365 * day)
    }
  }

  @Test(
    "are refused where somebody else has written under their names", arguments: ContractStores.all)
  func foreign(kind: ContractStore) async throws {
    try await kind.run { store in
      let cache = CacheHarness(store)
      let text = ByteBuffer(string: "none")
      #expect(
        await store.perform(.set(cache.names.tag("a"), value: text, .never, .none)) == .done)
      // An invalidation makes one of it.
      try await cache.invalidate("a")
      #expect(try await cache.keep("a").states.count == 1)
    }
  }
}
