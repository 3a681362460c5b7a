import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A note in a record", .timeLimit(.minutes(1)))
struct OnceNoteTests {
  private static let first = ByteBuffer(bytes: [0, 0xFF, 13, 10] + Array("first".utf8))
  private static let second = ByteBuffer(string: "second")

  private static func create(_ data: String = "1") -> PendingStep {
    .create(PendingDraft(data: ByteBuffer(string: data), life: .ms(100_000)))
  }

  private static func request(_ step: PendingStep) -> PendingRequest {
    PendingRequest(step, type: "form", retention: StoreHarness.retention)
  }

  @Test(
    "comes with the first answer, whatever notes and names repeated steps bring",
    arguments: ContractStores.all)
  func create(kind: ContractStore) async throws {
    try await kind.run { store in
      let record = OnceTests.record(store)
      let keys = [store.key("a"), store.key("b")]
      let command = record.keeping(
        .pending(keys[0], Self.request(Self.create())), step: 0, note: Self.first)
      guard case .noted(Self.first, .pending(let made)) = await store.perform(command) else {
        Issue.record("no note")
        return
      }
      #expect(made.operation?.type == "form")
      let again = record.keeping(
        .pending(keys[1], Self.request(Self.create())), step: 0, note: Self.second)
      for _ in 0..<2 {
        #expect(await store.perform(again) == .noted(Self.first, .pending(made)))
        #expect(
          await store.perform(record.recall(step: 0)) == .noted(Self.first, .pending(made)))
      }
      // It is nowhere else, and the other name is still free.
      #expect(await store.pending(keys[1], .consume)?.refusal == .notFound)
      #expect(await store.pending(keys[0], .consume)?.text == "1")
      #expect(await store.perform(again) == .noted(Self.first, .pending(made)))
      let other = OnceTests.record(store, "another call")
      let refused = other.keeping(
        .pending(keys[1], Self.request(Self.create())), step: 0, note: Self.second)
      #expect(await store.perform(refused) == .failure(RPCError(.idempotencyMismatch)))
      #expect(
        await store.perform(other.recall(step: 0)) == .failure(RPCError(.idempotencyMismatch)))
    }
  }

  @Test("comes with what a step on an operation was refused for", arguments: ContractStores.all)
  func refused(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      let command = OnceTests.record(store).keeping(
        .pending(key, Self.request(.consume)), step: 1, note: Self.first)
      let reply = StoreReply.noted(
        Self.first, .pending(PendingReply(.refused(.notFound))))
      #expect(await store.perform(command) == reply)
      await store.make(key)
      #expect(await store.perform(command) == reply)
    }
  }

  @Test("is not kept when there is no answer yet", arguments: ContractStores.all)
  func leased(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key)
      _ = await store.checkout(key, "r")
      let record = OnceTests.record(store)
      let command = record.keeping(
        .pending(key, Self.request(.consume)), step: 1, note: Self.first)
      guard case .pending(let reply) = await store.perform(command) else {
        Issue.record("no plain reply")
        return
      }
      #expect(reply.isLeased)
      #expect(await store.perform(record.recall(step: 1)) == .value(nil))
      _ = await store.pending(key, .release(receipt: "r"))
      let later = record.keeping(
        .pending(key, Self.request(.consume)), step: 1, note: Self.second)
      guard case .noted(Self.second, .pending(let used)) = await store.perform(later) else {
        Issue.record("no note")
        return
      }
      #expect(used.text == "{}")
    }
  }

  @Test("can be all that a step is for", arguments: ContractStores.all)
  func alone(kind: ContractStore) async throws {
    try await kind.run { store in
      let record = OnceTests.record(store, lifeMs: 50_000)
      #expect(await store.perform(.nothing) == .done)
      #expect(await store.perform(record.recall(step: 0)) == .value(nil))
      let notes = [Self.first, Self.second]
      for note in notes {
        let command = record.keeping(.nothing, step: 0, note: note)
        #expect(await store.perform(command) == .noted(Self.first, .done))
      }
      #expect(await store.perform(record.recall(step: 0)) == .noted(Self.first, .done))
      #expect(await store.perform(record.recall(step: 1)) == .value(nil))
      // An empty note, and none, are none.
      let empty = record.keeping(.nothing, step: 2, note: ByteBuffer())
      #expect(await store.perform(empty) == .done)
      #expect(await store.perform(record.recall(step: 2)) == .done)
      // Looking makes no record, and neither does it keep one.
      #expect(
        await store.perform(OnceTests.record(store, "x").recall(step: 0)).reason
          == .idempotencyMismatch)
    }
  }

  @Test("goes when its record does", arguments: ContractStores.all)
  func expired(kind: ContractStore) async throws {
    try await kind.run { store in
      let record = OnceTests.record(store, lifeMs: 20)
      let command = record.keeping(.nothing, step: 0, note: Self.first)
      #expect(await store.perform(command) == .noted(Self.first, .done))
      await store.advance(by: 20)
      #expect(await store.perform(record.recall(step: 0)) == .value(nil))
      let again = record.keeping(.nothing, step: 0, note: Self.second)
      #expect(await store.perform(again) == .noted(Self.second, .done))
    }
  }

  @Test("tells of a step without one what it came to", arguments: ContractStores.all)
  func recall(kind: ContractStore) async throws {
    try await kind.run { store in
      let record = OnceTests.record(store)
      let key = store.key("a")
      await store.make(key, "1")
      let change = PendingChange(data: ByteBuffer(string: "2"))
      let update = record.keeping(.pending(key, Self.request(.update(change))), step: 1)
      let reply = await store.perform(update)
      #expect(await store.pending(key, .consume)?.text == "2")
      #expect(await store.perform(record.recall(step: 1)) == reply)
      let set = StoreCommand.set(
        store.key("b"), value: OnceTests.new, .ms(900_000), .none)
      #expect(await store.perform(record.keeping(set, step: 2)) == .done)
      #expect(await store.perform(record.recall(step: 2)) == .done)
    }
  }

  @Test("is the first one's for all of many that race", arguments: ContractStores.all)
  func race(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      for round in 0..<10 {
        let record = OnceRecord(
          name: stores[0].key("record \(round)"),
          fingerprint: Fingerprint(of: ByteBuffer(string: "call")), life: .ms(100_000))
        let replies = await withTaskGroup(of: StoreReply.self) { group in
          for number in 0..<40 {
            let command = record.keeping(
              .pending(stores[0].key("\(round) \(number)"), Self.request(Self.create())), step: 0,
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
          let there = await stores[0].pending(
            stores[0].key("\(round) \(number)"), .read(withData: false))
          #expect((there?.operation != nil) == (note == ByteBuffer(string: "\(number)")))
        }
      }
    }
  }

  @Test("goes with no other step", arguments: ContractStores.all)
  func others(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      let add = StoreCommand.add(key, by: 1, within: 0...9, expiry: .never)
      let command = OnceTests.record(store).keeping(add, step: 0, note: Self.first)
      #expect(await store.perform(command).reason == .internal)
      await store.expect(nil, under: key)
    }
  }
}
