import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("The unacknowledged messages of a stream's group", .timeLimit(.minutes(1)))
struct StreamUnacknowledgedTests {
  @Test("is what was read and not acknowledged, by consumer", arguments: ContractStores.all)
  func unacknowledged(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      await store.group("g", "h", on: key)
      let ids = await store.append((0..<9).map { "\($0)" }, to: key)
      let nothing = UnacknowledgedMessages(count: 0, consumers: [], oldest: nil)
      #expect(await store.unacknowledged(key) == nothing)
      _ = await store.read(key, "g", "zoe", count: 4)
      _ = await store.read(key, "g", "Ann", count: 1)
      _ = await store.read(key, "g", "änn", count: 2)
      await store.advance(by: 20)
      var unacknowledged = await store.unacknowledged(key)
      #expect(unacknowledged?.count == 7)
      let shares = unacknowledged?.consumers.map { "\($0.consumer) \($0.count)" }
      #expect(shares == ["Ann 1", "zoe 4", "änn 2"])
      #expect(unacknowledged?.oldest?.id == ids[0])
      #expect(unacknowledged?.oldest?.consumer == "zoe")
      #expect(unacknowledged?.oldest?.deliveries == 1)
      #expect((20...20 + store.slackMs).contains(unacknowledged?.oldest?.idleMs ?? -1))

      #expect(await store.acknowledge(key, [ids[0], ids[2]]) == 2)
      // Once more, twice in one step, not read yet, and never there.
      #expect(await store.acknowledge(key, [ids[0], ids[3], ids[3], ids[8], .zero]) == 1)
      #expect(await store.acknowledge(key, [ids[1]], in: "h") == 0)
      unacknowledged = await store.unacknowledged(key)
      #expect(unacknowledged?.count == 4)
      #expect(unacknowledged?.oldest?.id == ids[1])
      #expect(await store.acknowledge(key, ids) == 4)
      #expect(await store.unacknowledged(key) == nothing)
      #expect(await store.read(key, "g", "Ann")?.texts == ["7", "8"])
      #expect(await store.length(key) == 9)
    }
  }

  @Test("stays right whatever is acknowledged in what order", arguments: ContractStores.all)
  func anyOrder(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      await store.group("g", on: key)
      var left = await store.append((0..<300).map { "\($0)" }, to: key)
      _ = await store.read(key)
      var generator = SystemRandomNumberGenerator()
      while !left.isEmpty {
        let part = Array(left.shuffled(using: &generator).prefix(37))
        #expect(await store.acknowledge(key, part) == Int64(part.count))
        left.removeAll { part.contains($0) }
        let unacknowledged = await store.unacknowledged(key)
        #expect(unacknowledged?.count == Int64(left.count))
        #expect(unacknowledged?.oldest?.id == left.first)
      }
    }
  }

  @Test("passes to another consumer when it was idle for so long", arguments: ContractStores.all)
  func reclaim(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      await store.group("g", on: key)
      let ids = await store.append(["0", "1", "2"], to: key)
      _ = await store.read(key, "g", "dead", count: 2)
      // Not idle for an hour, not read by anybody, and then idle for long enough.
      #expect(await store.reclaim(key, by: "b", idle: 3_600_000)?.messages == [])
      await store.advance(by: 100)
      let found = await store.reclaim(key, by: "b", idle: 100)
      #expect(found?.deadLettered == 0)
      #expect(found?.messages.map(\.id) == Array(ids.prefix(2)))
      #expect(found?.messages.texts == ["0", "1"])
      #expect(found?.messages.map(\.deliveries) == [2, 2])
      let unacknowledged = await store.unacknowledged(key)
      #expect(unacknowledged?.consumers == [UnacknowledgedMessages.Share(consumer: "b", count: 2)])
      #expect(unacknowledged?.oldest?.deliveries == 2)
      #expect((0...store.slackMs).contains(unacknowledged?.oldest?.idleMs ?? -1))
      // A consumer can take back its own, one at a time.
      #expect(await store.reclaim(key, by: "b", count: 1)?.messages.map(\.deliveries) == [3])
      #expect(await store.acknowledge(key, [ids[0]]) == 1)
      #expect(await store.reclaim(key, by: "c")?.messages.map(\.id) == [ids[1]])
    }
  }

  @Test(
    "goes to the dead letters when it was handed over too often", arguments: ContractStores.all)
  func deadLetters(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      let dead = key.deadLetters
      await store.group("g", on: key)
      let ids = await store.append(["bad", "good", "worse"], to: key)
      _ = await store.read(key, "g", "a")
      #expect(await store.reclaim(key, by: "a", maxDeliveries: 2)?.messages.count == 3)
      #expect(await store.length(dead) == 0)
      #expect(await store.acknowledge(key, [ids[1]]) == 1)
      let found = await store.reclaim(key, by: "b", maxDeliveries: 2)
      #expect(found?.messages == [])
      #expect(found?.deadLettered == 2)
      #expect(await store.unacknowledged(key)?.count == 0)
      #expect(await store.length(key) == 3)

      await store.group("operators", on: dead)
      let letters = await store.read(dead, "operators")
      #expect(letters?.texts == ["bad", "worse"])
      #expect(letters?.map(\.deliveries) == [1, 1])
      let origins = [ids[0], ids[2]].map {
        StreamMessage.Origin(id: $0, group: "g", deliveries: 2)
      }
      #expect(letters?.map(\.origin) == origins)
      #expect(await store.reclaim(dead, "operators", by: "x")?.messages.map(\.origin) == origins)
    }
  }

  @Test(
    "is dropped when the stream has it no more, and doesn't hide the rest",
    arguments: ContractStores.all, [nil, 1] as [Int64?])
  func trimmed(kind: ContractStore, maxDeliveries: Int64?) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      await store.group("g", on: key)
      await store.append((0..<30).map { "\($0)" }, to: key)
      _ = await store.read(key)
      await store.append(["30"], to: key, limit: StreamLimit(count: 3, isApproximate: false))
      #expect(await store.unacknowledged(key)?.count == 30)
      let found = await store.reclaim(key, by: "b", count: 2, maxDeliveries: maxDeliveries)
      #expect(found?.messages.texts == (maxDeliveries == nil ? ["28", "29"] : []))
      #expect(found?.deadLettered == (maxDeliveries == nil ? 0 : 2))
      #expect(await store.unacknowledged(key)?.count == (maxDeliveries == nil ? 2 : 0))
    }
  }

  @Test("of the dead is shared out and moved once, however many ask", arguments: ContractStores.all)
  func contended(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      let key = stores[0].key("stream")
      await stores[0].group("g", on: key)
      await stores[0].append((0..<200).map { "\($0)" }, to: key)
      _ = await stores[0].read(key, "g", "dead", count: 100)
      _ = await stores[0].reclaim(key, by: "dead")
      _ = await stores[0].read(key, "g", "dead")
      await stores[0].advance(by: 2000)
      // A hundred were handed over twice, a hundred once.
      let step = ReclaimMessages(
        key, StreamReader(group: "g", consumer: "b"), StreamPortion(count: 7, bytes: 1 << 20),
        minIdleMs: 2000, maxDeliveries: 2)
      let replies = await withTaskGroup(of: [StoreReply].self) { group in
        for store in stores {
          group.addTask {
            await store.perform(Array(repeating: .step(step), count: 10))
          }
        }
        return await group.reduce(into: []) { $0 += $1 }
      }
      var ids: [StreamID] = []
      var moved = 0
      for case .success(let found) in replies.map({ $0.result(of: ReclaimMessages.self) }) {
        ids += found.messages.map(\.id)
        moved += found.deadLettered
      }
      #expect(moved == 100)
      #expect(await stores[0].length(key.deadLetters) == 100)
      // Redis' clock goes on: what was reclaimed may have been idle for long enough again.
      #expect(Set(ids).count == 100)
      if stores[0].slackMs == 0 { #expect(ids.count == 100) }
    }
  }
}
