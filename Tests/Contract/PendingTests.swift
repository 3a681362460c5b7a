import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@testable import CloakroomMethods

@Suite("A pending operation", .timeLimit(.minutes(1)))
struct PendingTests {
  @Test("is read as it was made, as often as one likes", arguments: ContractStores.all)
  func read(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      let draft = PendingDraft(
        data: ByteBuffer(bytes: Array(0...255)), life: .ms(50_000),
        isOneTime: true, maxAttempts: 3)
      let made = try #require(await store.pending(key, .create(draft))?.operation)
      #expect(made.type == "form" && made.isOneTime && made.maxAttempts == 3)
      #expect(made.expiresAtMs - made.createdAtMs == 50_000)
      for _ in 0..<2 {
        var expected = made
        expected.data = draft.data
        #expect(await store.readOperation(key) == PendingReply(.operation(expected)))
        #expect(
          await store.pending(key, .read(withData: false))?.operation?.data.readableBytes == 0)
      }
    }
  }

  @Test("is made once under a name, and again only by the same call", arguments: ContractStores.all)
  func create(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      let made = await store.make(key, "1", forMs: 50_000)
      await store.advance(by: 20)
      #expect(await store.make(key, "1", forMs: 50_000) == made)
      let other = PendingDraft(data: ByteBuffer(string: "2"), life: .ms(50_000))
      #expect(await store.pending(key, .create(other))?.refusal == .exists)
      #expect(await store.pending(key, .create(other), type: "other")?.refusal == .exists)
      #expect(await store.pending(key, .consume)?.text == "1")
      #expect(await store.pending(key, .create(other))?.refusal == .exists)
    }
  }

  @Test("is not there under another name", arguments: ContractStores.all)
  func absent(kind: ContractStore) async throws {
    try await kind.run { store in
      for step in Self.steps {
        #expect(await store.pending(store.key("none"), step)?.refusal == .notFound)
      }
    }
  }

  @Test("never passes for one of another type", arguments: ContractStores.all)
  func types(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key)
      for step in Self.steps where !step.isForOperators {
        #expect(await store.pending(key, step, type: "reset")?.refusal == .wrongType)
      }
      // Equal to Unicode alone.
      let spelled = store.key("spelled")
      let draft = PendingDraft(data: ByteBuffer(string: "{}"), life: .ms(100_000), maxAttempts: 0)
      _ = await store.pending(spelled, .create(draft), type: "caf\u{e9}")
      for step in Self.steps where !step.isForOperators {
        let reply = await store.pending(spelled, step, type: "cafe\u{301}")
        #expect(reply?.refusal == .wrongType)
      }
      #expect(await store.readOperation(key, type: nil)?.operation?.type == "form")
      #expect(await store.pending(key, .consume)?.text == "{}")
      // What is left of it has its type too.
      #expect(await store.readOperation(key, type: "reset")?.refusal == .wrongType)
    }
  }

  @Test("is used once, and says so afterwards", arguments: ContractStores.all)
  func consume(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, "[1]")
      #expect(await store.pending(key, .consume)?.text == "[1]")
      for step in Self.steps where !step.isCommit {
        #expect(await store.pending(key, step)?.refusal == .consumed)
      }
    }
  }

  @Test("is deleted, and says so afterwards", arguments: ContractStores.all)
  func delete(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key)
      #expect(await store.pending(key, .delete) == PendingReply(.done))
      for step in Self.steps {
        #expect(await store.pending(key, step)?.refusal == .deleted)
      }
    }
  }

  @Test("is used by one of many that race for it", arguments: ContractStores.all)
  func race(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      let key = try #require(stores.first).key("a")
      await stores[0].make(key, "1")
      let request = PendingRequest(.consume, type: "form")
      let replies = await withTaskGroup(of: [RecordReply].self) { group in
        for store in stores {
          group.addTask {
            await store.perform(Array(repeating: .pending(key, request), count: 25))
          }
        }
        return await group.reduce(into: []) { $0 += $1 }
      }
      #expect(replies.count == 100)
      let won = replies.filter {
        if case .pending(let reply) = $0 { reply.text == "1" } else { false }
      }
      #expect(won.count == 1)
      #expect(replies.count { $0 == .pending(PendingReply(.refused(.consumed))) } == 99)
    }
  }

  @Test("is adopted when it is used, and only then", arguments: ContractStores.all)
  func adopted(kind: ContractStore) async throws {
    try await kind.run { store in
      let draft = PendingDraft(
        data: ByteBuffer(), life: .ms(50_000), createdAtMs: 4711, isOneTime: true, maxAttempts: 2)
      func step(_ name: String, _ step: PendingStep) async -> PendingReply? {
        await store.pending(store.key(name), step, adopting: draft)
      }
      let used = try #require(await step("a", .consume)?.operation)
      #expect(used.createdAtMs == 4711 && used.isOneTime && used.maxAttempts == 2)
      #expect(used.data.readableBytes == 0)
      #expect(await step("a", .consume)?.refusal == .consumed)
      #expect(await step("b", .delete) == PendingReply(.done))
      #expect(await step("b", .consume)?.refusal == .deleted)
      let lease = PendingLease(receipt: "r", life: .ms(10_000))
      #expect(await step("c", .checkout(lease))?.operation?.attempts == 1)
      #expect(await store.readOperation(store.key("c"))?.operation?.state == .leased)
      #expect(await store.readOperation(store.key("d"))?.refusal == .notFound)
    }
  }

  /// Every step, each once.
  static let steps: [PendingStep] = [
    .read(withData: true), .read(withData: false), .consume,
    .update(PendingChange(data: ByteBuffer(string: "2"))), .delete,
    .checkout(PendingLease(receipt: "r", life: .ms(1000))),
    .commit(receipt: "r", result: ByteBuffer()), .release(receipt: "r"), .reopen,
  ]
}

extension PendingStep {
  var isForOperators: Bool { if case .reopen = self { true } else { false } }
  var isCommit: Bool { if case .commit = self { true } else { false } }
}
