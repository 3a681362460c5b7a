import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@testable import CloakroomMethods

@Suite("A pending operation, to the millisecond", .timeLimit(.minutes(1)))
struct PendingExpiryTests {
  @Test("ends with its life, which is told once", arguments: ContractStores.all)
  func noticed(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, forMs: 30)
      await store.advance(by: 30)
      #expect(await store.readOperation(key) == PendingReply(.refused(.expired), noticed: .expired))
      for step in PendingTests.steps {
        #expect(await store.pending(key, step) == PendingReply(.refused(.expired)))
      }
    }
  }

  @Test(
    "is there as long as it was given and not one millisecond more",
    arguments: ContractStores.withInjectedClock)
  func boundary(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, forMs: 1000)
      await store.advance(by: 999)
      #expect(await store.readOperation(key)?.text == "{}")
      await store.advance(by: 1)
      #expect(await store.readOperation(key)?.refusal == .expired)
    }
  }

  @Test(
    "is leased as long as it was asked for and not one millisecond more",
    arguments: ContractStores.withInjectedClock)
  func lease(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, forMs: 100_000)
      _ = await store.checkout(key, "r", forMs: 500)
      await store.advance(by: 499)
      #expect(await store.pending(key, .consume)?.refusal == .leased(restMs: 1))
      await store.advance(by: 1)
      #expect(await store.checkout(key, "s", forMs: 500)?.grant != nil)
    }
  }

  @Test(
    "leaves what is kept of it as long as that is to be kept",
    arguments: ContractStores.withInjectedClock)
  func retention(kind: ContractStore) async throws {
    let kept = StoreHarness.retention
    try await kind.run { store in
      func expect(_ key: StoreKey, _ why: PendingRefusal, forMs life: Int64) async {
        await store.advance(by: life - 1)
        #expect(await store.readOperation(key)?.refusal == why)
        await store.advance(by: 1)
        #expect(await store.readOperation(key)?.refusal == .notFound)
      }
      for (name, step, why) in [
        ("consumed", PendingStep.consume, PendingRefusal.consumed), ("deleted", .delete, .deleted),
      ] {
        let key = store.key(name)
        await store.make(key)
        _ = await store.pending(key, step)
        await expect(key, why, forMs: kept.tombstoneMs)
      }
      // A token is good as long as it says where nothing is known of its use: so long it is known.
      let long = store.key("long")
      let life = 3 * kept.tombstoneMs
      let draft = PendingDraft(data: ByteBuffer(), life: .ms(life))
      #expect(await store.pending(long, .consume, adopting: draft)?.operation != nil)
      await store.advance(by: life + PendingRetention.slackMs - 1)
      #expect(await store.pending(long, .consume, adopting: draft)?.refusal == .consumed)
      await store.advance(by: 1)
      #expect(await store.readOperation(long)?.refusal == .notFound)

      let expired = store.key("expired")
      await store.make(expired, forMs: 10)
      await store.advance(by: 10)
      await expect(expired, .expired, forMs: kept.tombstoneMs)

      let committed = store.key("committed")
      await store.make(committed)
      _ = await store.checkout(committed, "r")
      _ = await store.commit(committed, "r", "1")
      await store.advance(by: kept.receiptMs - 1)
      #expect(await store.commit(committed, "r", "2")?.result == "1")
      await store.advance(by: 1)
      #expect(await store.commit(committed, "r", "2")?.refusal == .notFound)

      // Nobody has looked since its last lease, and its life is over: it is there all the same.
      let dead = store.key("dead")
      await store.make(dead, forMs: 1000, maxAttempts: 1)
      _ = await store.checkout(dead, "r", forMs: 1000)
      await store.advance(by: 1000 + kept.deadMs - 1)
      #expect(await store.readOperation(dead)?.operation?.state == .dead)
      await store.advance(by: kept.deadMs)
      #expect(await store.readOperation(dead)?.refusal == .notFound)
    }
  }
}
