import CloakroomCore
import CloakroomStore
import Support
import Testing

@Suite("A claim, to the millisecond", .timeLimit(.minutes(1)))
struct ClaimExactExpiryTests {
  static let lives: [Int64] = [1, 2, 999, 30_000, TimeToLive.longest.milliseconds]

  @Test(
    "is held as long as it was given and not one millisecond more",
    arguments: ContractStores.withInjectedClock, lives)
  func boundary(kind: ContractStore, life: Int64) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      let taken = await store.take(key, by: Claimant("alice"), forMs: life)
      let end = try #require(taken.expiresAtMs)
      await store.advance(by: life - 1)
      #expect(await store.inspect(key).owner == "alice")
      #expect(await store.take(key, by: Claimant("bob")).fence == nil)
      await store.advance(by: 1)
      #expect(await store.inspect(key).owner == nil)
      #expect(await store.take(key, by: Claimant("bob"), forMs: 5).expiresAtMs == end + 5)
    }
  }

  @Test("ends a life after its last renewal", arguments: ContractStores.withInjectedClock)
  func renewed(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      let end = try #require(await store.take(key, by: Claimant("alice"), forMs: 100).expiresAtMs)
      await store.advance(by: 99)
      let longer = await store.step(RenewClaim(key, owner: "alice", life: .ms(100), fence: nil))
      #expect(longer.expiresAtMs == end + 99)
      let shorter = await store.step(RenewClaim(key, owner: "alice", life: .ms(10), fence: nil))
      #expect(shorter.expiresAtMs == end + 9)
      await store.advance(by: 9)
      #expect(await store.inspect(key).owner == "alice")
      await store.advance(by: 1)
      #expect(await store.inspect(key).owner == nil)
    }
  }

  @Test(
    "keeps its last fence for a day after its end, and then the clock gives a greater one",
    arguments: ContractStores.withInjectedClock)
  func retention(kind: ContractStore) async throws {
    try await kind.run { store in
      for isReleased in [true, false] {
        let key = store.key("claim \(isReleased)")
        let fence = try #require(await store.take(key, by: Claimant("alice"), forMs: 50).fence)
        if isReleased { await store.release(key, by: "alice") } else { await store.advance(by: 50) }
        await store.advance(by: ClaimState.retentionMs - 1)
        #expect(await store.inspect(key).fence == fence)
        await store.advance(by: 1)
        #expect(await store.inspect(key).fence == nil)
        let next = try #require(await store.take(key, by: Claimant("bob")).fence)
        #expect(next > fence)
      }
    }
  }
}
