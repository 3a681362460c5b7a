import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A note in an idempotency record", .timeLimit(.minutes(1)))
struct IdempotencyNoteTests {
  private static let first = ByteBuffer(bytes: [0, 0xFF, 13, 10] + Array("first".utf8))
  private static let second = ByteBuffer(string: "second")

  @Test(
    "comes with the first answer, whatever notes and names repeated steps bring",
    arguments: ContractStores.all)
  func create(kind: ContractStore) async throws {
    try await kind.run { store in
      let idempotency = IdempotencyTests.idempotency(store)
      let keys = [store.key("a"), store.key("b")]
      let command = idempotency.keeping(
        .commit(keys[0], .making("1")), step: 0, note: Self.first)
      #expect(await store.perform(command) == .noted(Self.first, .done))
      let again = idempotency.keeping(.commit(keys[1], .making("2")), step: 0, note: Self.second)
      for _ in 0..<2 {
        #expect(await store.perform(again) == .noted(Self.first, .done))
        #expect(await store.perform(idempotency.recall(step: 0)) == .noted(Self.first, .done))
      }
      // It is nowhere else, and the other name is still free.
      #expect(await store.record(keys[1]) == nil)
      #expect(await store.record(keys[0])?.hasSuffix("\n1") == true)
      let other = IdempotencyTests.idempotency(store, "another call")
      let refused = other.keeping(.commit(keys[1], .making("2")), step: 0, note: Self.second)
      #expect(await store.perform(refused) == .failure(RPCError(.idempotencyMismatch)))
      #expect(
        await store.perform(other.recall(step: 0)) == .failure(RPCError(.idempotencyMismatch)))
      #expect(await store.record(keys[1]) == nil)
    }
  }

  @Test("comes with what leaves a record as it is", arguments: ContractStores.all)
  func refused(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      let command = IdempotencyTests.idempotency(store).keeping(
        .commit(key, RecordCommit(expecting: .nothing, replacement: nil)), step: 1,
        note: Self.first)
      #expect(await store.perform(command) == .noted(Self.first, .done))
      _ = await store.perform(.commit(key, .making("1")))
      #expect(await store.perform(command) == .noted(Self.first, .done))
      #expect(await store.record(key)?.hasSuffix("\n1") == true)
    }
  }

  @Test("is not kept when somebody else was faster", arguments: ContractStores.all)
  func stale(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      _ = await store.perform(.commit(key, .making("1", version: 1)))
      let idempotency = IdempotencyTests.idempotency(store)
      let late = idempotency.keeping(
        .commit(key, .making("2", version: 3, over: 2)), step: 1, note: Self.first)
      guard case .stale(let there?, _, _) = await store.perform(late) else {
        Issue.record("it was not refused")
        return
      }
      #expect(String(buffer: there).hasSuffix("\n1"))
      #expect(await store.perform(idempotency.recall(step: 1)) == .value(nil))
      let again = idempotency.keeping(
        .commit(key, .making("2", version: 3, over: 1)), step: 1, note: Self.second)
      #expect(await store.perform(again) == .noted(Self.second, .done))
      #expect(await store.record(key)?.hasSuffix("\n2") == true)
    }
  }

  @Test("can be all that a step is for", arguments: ContractStores.all)
  func alone(kind: ContractStore) async throws {
    try await kind.run { store in
      let idempotency = IdempotencyTests.idempotency(store, lifeMs: 50_000)
      #expect(await store.perform(.nothing) == .done)
      #expect(await store.perform(idempotency.recall(step: 0)) == .value(nil))
      let notes = [Self.first, Self.second]
      for note in notes {
        let command = idempotency.keeping(.nothing, step: 0, note: note)
        #expect(await store.perform(command) == .noted(Self.first, .done))
      }
      #expect(await store.perform(idempotency.recall(step: 0)) == .noted(Self.first, .done))
      #expect(await store.perform(idempotency.recall(step: 1)) == .value(nil))
      // An empty note, and none, are none.
      let empty = idempotency.keeping(.nothing, step: 2, note: ByteBuffer())
      #expect(await store.perform(empty) == .done)
      #expect(await store.perform(idempotency.recall(step: 2)) == .done)
      // Looking makes no record, and neither does it keep one.
      #expect(
        await store.perform(IdempotencyTests.idempotency(store, "x").recall(step: 0)).reason
          == .idempotencyMismatch)
    }
  }

  @Test("goes when its idempotency record does", arguments: ContractStores.all)
  func expired(kind: ContractStore) async throws {
    try await kind.run { store in
      let idempotency = IdempotencyTests.idempotency(store, lifeMs: 20)
      let command = idempotency.keeping(.nothing, step: 0, note: Self.first)
      #expect(await store.perform(command) == .noted(Self.first, .done))
      await store.advance(by: 20)
      #expect(await store.perform(idempotency.recall(step: 0)) == .value(nil))
      let again = idempotency.keeping(.nothing, step: 0, note: Self.second)
      #expect(await store.perform(again) == .noted(Self.second, .done))
    }
  }

  @Test("tells of a step without one what it came to", arguments: ContractStores.all)
  func recall(kind: ContractStore) async throws {
    try await kind.run { store in
      let idempotency = IdempotencyTests.idempotency(store)
      let set = StoreCommand.set(
        store.key("b"), value: IdempotencyTests.new, .ms(900_000), .none)
      #expect(await store.perform(idempotency.keeping(set, step: 2)) == .done)
      #expect(await store.perform(idempotency.recall(step: 2)) == .done)
    }
  }

  @Test("is the first one's for all of many that race", arguments: ContractStores.all)
  func race(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      for round in 0..<10 {
        let idempotency = IdempotencyRecord(
          name: stores[0].key("record \(round)"),
          fingerprint: Fingerprint(of: ByteBuffer(string: "call")), life: .ms(100_000))
        let replies = await withTaskGroup(of: StoreReply.self) { group in
          for number in 0..<40 {
            let command = idempotency.keeping(
              .commit(stores[0].key("\(round) \(number)"), .making("1")), step: 0,
              note: ByteBuffer(string: "\(number)"))
            group.addTask { await stores[number % 4].perform(command) }
          }
          return await group.reduce(into: []) { $0.append($1) }
        }
        guard case .noted(let note, let reply)? = replies.first else {
          Issue.record("no note")
          return
        }
        #expect(replies.allSatisfy { $0 == .noted(note, reply) })
        for number in 0..<40 {
          let there = await stores[0].record(stores[0].key("\(round) \(number)"))
          #expect((there != nil) == (note == ByteBuffer(string: "\(number)")))
        }
      }
    }
  }

  @Test("goes with no other step", arguments: ContractStores.all)
  func others(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      let add = StoreCommand.add(key, by: 1, within: 0...9, expiry: .never)
      let command = IdempotencyTests.idempotency(store).keeping(add, step: 0, note: Self.first)
      #expect(await store.perform(command).reason == .internal)
      await store.expect(nil, under: key)
    }
  }
}

extension RecordCommit {
  /// A commit of a record with some data, over one of a version or over nothing, that is kept for a long time.
  static func making(
    _ data: String, version: UInt64 = 1, over expected: UInt64? = nil
  ) -> RecordCommit {
    var record = ByteBuffer()
    RecordVersion(version).write(into: &record)
    record.writeString("}\n" + data)
    return RecordCommit(
      expecting: expected.map { .version(RecordVersion($0)) } ?? .nothing, replacement: record,
      keptUntilMs: 9_000_000_000_000)
  }
}

extension StoreHarness {
  /// A record's text; nil when there is none.
  func record(_ key: StoreKey) async -> String? {
    guard case .record(let record, _) = await perform(.read(key)) else { return nil }
    return record.map { String(buffer: $0) }
  }
}
