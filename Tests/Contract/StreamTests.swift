import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A stream", .timeLimit(.minutes(1)))
struct StreamTests {
  @Test(
    "hands each group's consumers every message once, in order", arguments: ContractStores.all)
  func groups(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      let texts = (0..<10).map { "\($0)" }
      await store.group("g", "h", on: key)
      let ids = await store.append(texts, to: key)
      #expect(ids == ids.sorted() && Set(ids).count == 10)
      #expect(await store.read(key, "g", "a", count: 3)?.texts == ["0", "1", "2"])
      #expect(await store.read(key, "g", "b", count: 1)?.texts == ["3"])
      let rest = await store.read(key, "g", "a")
      #expect(rest?.texts == Array(texts[4...]))
      #expect(rest?.map(\.id) == Array(ids[4...]))
      #expect(rest?.allSatisfy { $0.deliveries == 1 && $0.origin == nil } == true)
      #expect(await store.read(key, "g", "b") == [])
      #expect(await store.read(key, "h", "a")?.texts == texts)
      #expect(await store.length(key) == 10)
    }
  }

  @Test("has messages back byte for byte", arguments: ContractStores.all, ByteCase.values)
  func bytes(kind: ContractStore, test: ByteCase) async throws {
    try await kind.run { store in
      let key = store.key(bytes: Array("stream ".utf8) + test.bytes.prefix(512))
      let message = ByteBuffer(bytes: test.bytes)
      await store.group("g", on: key)
      let reply = await store.step(
        AppendMessage(key, message: message, limit: nil, life: .set(.ms(100_000))))
      guard case .success(let id) = reply else {
        Issue.record("\(reply)")
        return
      }
      #expect(
        await store.read(key, bytes: .max)
          == [StreamMessage(id: id, message: message, deliveries: 1)])
      #expect(
        await store.reclaim(key, by: "d", bytes: .max)?.messages
          == [StreamMessage(id: id, message: message, deliveries: 2)])
    }
  }

  @Test("has names of groups and consumers of any text", arguments: ContractStores.all)
  func names(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      for name in [
        "g", " ", "ü€😀", "a\0b", "*", "$", ">", "0-0", "GROUP", "a\r\nb", "\"{}", "\u{E9}",
        "e\u{301}",
      ] {
        await store.group(name, on: key)
        await store.append(["m"], to: key, limit: StreamLimit(count: 1, isApproximate: false))
        #expect(await store.read(key, name, name)?.texts == ["m"])
        let unacknowledged = await store.unacknowledged(key, name)
        #expect(
          unacknowledged?.consumers == [UnacknowledgedMessages.Share(consumer: name, count: 1)])
        #expect(unacknowledged?.oldest?.consumer == name)
      }
    }
  }

  /// Where a group begins, given the ids of three messages, and what it reads.
  static let starts: [(@Sendable ([StreamID]) -> StreamStart, [String])] = [
    ({ _ in .after(.zero) }, ["0", "1", "2", "new"]), ({ _ in .end }, ["new"]),
    ({ .after($0[0]) }, ["1", "2", "new"]), ({ .after($0[2]) }, ["new"]),
    ({ .after(StreamID(milliseconds: $0[1].milliseconds + 9_999, sequence: 0)) }, []),
    ({ _ in .after(StreamID(milliseconds: 0, sequence: 1)) }, ["0", "1", "2", "new"]),
  ]

  @Test(
    "lets a group begin at its first message, its end or behind any id",
    arguments: ContractStores.all, starts.indices)
  func start(kind: ContractStore, index: Int) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      let ids = await store.append(["0", "1", "2"], to: key)
      await store.group("g", on: key, from: Self.starts[index].0(ids))
      await store.append(["new"], to: key)
      #expect(await store.read(key)?.texts == Self.starts[index].1)
    }
  }

  @Test("is made by its first group, which is made once", arguments: ContractStores.all)
  func ensure(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      await store.group("g", on: key, from: .end)
      #expect(await store.length(key) == 0)
      await store.append(["0"], to: key)
      #expect(await store.read(key)?.texts == ["0"])
      // What is there goes on where it was, wherever it is said to begin.
      for start in [StreamStart.after(.zero), .end] {
        let reply = await store.step(EnsureGroup(key, group: "g", from: start, life: .ms(1)))
        #expect(reply == .boolean(false))
      }
      await store.append(["1"], to: key)
      #expect(await store.read(key)?.texts == ["1"])
    }
  }

  @Test("has so many groups and no more", arguments: ContractStores.all)
  func tooManyGroups(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      func ensure(_ number: Int) -> EnsureGroup {
        EnsureGroup(key, group: "\(number)", from: .end, life: .ms(900_000))
      }
      let replies = await store.perform((0..<EnsureGroup.mostGroups).map { .step(ensure($0)) })
      #expect(replies.allSatisfy { $0.result(of: EnsureGroup.self) == .boolean(true) })
      let refused = await store.perform(.step(ensure(-1)))
      #expect(refused.reason == .storeRefused && refused.refusalCode == "GROUPS")
      #expect(await store.step(ensure(7)) == .boolean(false))
      #expect(await store.step(InspectGroup(key, group: "-1")).reason == .notFound)
    }
  }

  @Test(
    "or group that is not there is not found, or has nothing", arguments: ContractStores.all,
    [true, false])
  func missing(kind: ContractStore, hasStream: Bool) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      if hasStream { await store.append(["0"], to: key) }
      let reader = StreamReader(group: "g", consumer: "c")
      let portion = StreamPortion(count: 1, bytes: 1)
      let steps: [any StoreStep] = [
        ReadMessages(key, reader, portion), InspectGroup(key, group: "g"),
        ReclaimMessages(key, reader, portion, minIdleMs: 0, maxDeliveries: nil),
        ReclaimMessages(key, reader, portion, minIdleMs: 0, maxDeliveries: 1),
      ]
      for step in steps { #expect(await store.perform(.step(step)).reason == .notFound) }
      #expect(await store.acknowledge(key, [.zero]) == 0)
      #expect(await store.length(key) == (hasStream ? 1 : 0))
    }
  }

  @Test("hands over no more bytes at once than it takes", arguments: ContractStores.all)
  func portions(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      await store.group("g", on: key)
      let text = String(repeating: "m", count: 1000)
      await store.append(Array(repeating: text, count: 10), to: key)
      // The message that fills a portion is its last, and one is always handed over.
      #expect(await store.read(key, bytes: 2500)?.count == 3)
      #expect(await store.read(key, bytes: 1)?.count == 1)
      #expect(await store.read(key, bytes: 100_000)?.count == 6)
      #expect(await store.reclaim(key, by: "d", bytes: 2500)?.messages.count == 3)
      #expect(await store.reclaim(key, by: "d", count: 4)?.messages.count == 4)
    }
  }

  @Test("keeps as many of its last messages as it is told", arguments: ContractStores.all)
  func limits(kind: ContractStore) async throws {
    try await kind.run { store in
      let exact = store.key("exact")
      await store.group("g", on: exact)
      let texts = (0..<10).map { "\($0)" }
      await store.append(texts, to: exact, limit: StreamLimit(count: 3, isApproximate: false))
      #expect(await store.length(exact) == 3)
      #expect(await store.read(exact)?.texts == ["7", "8", "9"])
      await store.append(["10"], to: exact)
      #expect(await store.length(exact) == 4)
      await store.append(["11"], to: exact, limit: StreamLimit(count: .max, isApproximate: false))
      #expect(await store.length(exact) == 5)
      await store.append(["12"], to: exact, limit: StreamLimit(count: 1, isApproximate: false))
      #expect(await store.length(exact) == 1)

      let about = store.key("about")
      let limit = StreamLimit(count: 200, isApproximate: true)
      for _ in 0..<10 {
        await store.append(Array(repeating: "m", count: 100), to: about, limit: limit)
      }
      let length = await store.length(about) ?? 0
      #expect((200..<600).contains(length), "\(length)")
    }
  }

  @Test("hands each message to one of many readers at once", arguments: ContractStores.all)
  func contended(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      let key = stores[0].key("stream")
      await stores[0].group("g", on: key)
      let appends = (0..<200).map { number in
        StoreCommand.step(
          AppendMessage(
            key, message: ByteBuffer(string: "\(number)"), limit: nil,
            life: .atLeast(.ms(900_000))))
      }
      let reads = (0..<120).map { number in
        StoreCommand.step(
          ReadMessages(
            key, StreamReader(group: "g", consumer: "\(number % 7)"),
            StreamPortion(count: 3, bytes: 1 << 20)))
      }
      let replies = await withTaskGroup(of: [StoreReply].self) { group in
        for store in stores {
          group.addTask { await store.perform(zip(appends, reads).flatMap { [$0, $1] }) }
        }
        return await group.reduce(into: []) { $0 += $1 }
      }
      let ids = replies.compactMap { try? $0.get(AppendMessage.self) }
      var read: [StreamID] = []
      for reply in replies { read += (try? reply.get(ReadMessages.self).map(\.id)) ?? [] }
      read += await stores[0].read(key)?.map(\.id) ?? []
      #expect(ids.count == 480 && Set(ids).count == 480)
      #expect(read.count == 480 && Set(read) == Set(ids))
      #expect(await stores[0].unacknowledged(key)?.count == 480)
    }
  }
}
