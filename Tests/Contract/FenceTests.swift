import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

/// A fence begins with the time of day, and has to grow even when that is set back.
@Suite("A fence when the clock has gone back", .timeLimit(.minutes(1)))
struct FenceTests {
  private static let date: Int64 = 1_700_000_000_000
  private static let key = StoreKey(bytes: ByteBuffer(string: "a"))

  /// A store in memory whose date goes as the test says.
  private static func memory(_ date: TestClock) -> MemoryStore {
    let clock = TestClock()
    return MemoryStore(
      byteLimit: 1 << 20, clock: StoreClock({ clock.now }, date: { date.now }))
  }

  @Test("of a claim in memory goes on from the last one")
  func memoryClaim() {
    let date = TestClock(at: Self.date)
    let store = Self.memory(date)
    func take(_ owner: String) -> Int64? {
      let request = ClaimRequest(owner: owner, life: .ms(100), ticket: ClaimTicket(), wait: nil)
      let reply = store.perform(.step(TakeClaim(Self.key, request)))
      _ = store.perform(.step(ReleaseClaim(Self.key, owner: owner, fence: nil)))
      return reply.result(of: TakeClaim.self).fence
    }
    let first = Self.date * 1000
    #expect(take("a") == first)
    date.advance(by: -1)
    #expect(take("b") == first + 1)
    date.advance(by: -Self.date)
    #expect(take("c") == first + 2)
    date.advance(by: Self.date + 2)
    #expect(take("d") == first + 1000)
  }

  @Test("of a lease in memory goes on from the last one")
  func memoryLease() throws {
    let date = TestClock(at: Self.date)
    let store = Self.memory(date)
    func perform(_ step: PendingStep) -> PendingReply? {
      let request = PendingRequest(
        step, type: "form", adopting: nil, retention: StoreHarness.retention)
      let reply = store.perform(.pending(Self.key, request))
      guard case .pending(let reply) = reply else { return nil }
      return reply
    }
    func lease(_ receipt: String) -> Int64? {
      let reply = perform(.checkout(PendingLease(receipt: receipt, life: .ms(1000))))
      _ = perform(.release(receipt: receipt))
      return reply?.grant?.fence
    }
    let draft = PendingDraft(data: ByteBuffer(string: "1"), life: .ms(100_000))
    #expect(perform(.create(draft))?.operation != nil)
    let first = Self.date * 1000
    #expect(lease("a") == first)
    date.advance(by: -1)
    #expect(lease("b") == first + 1)
    date.advance(by: -1_000_000)
    #expect(lease("c") == first + 2)
  }

  /// As a Redis has it whose clock was ahead when it gave the last fence out.
  @Test("of a claim in Redis goes on from the last one")
  func redisClaim() async throws {
    try await ContractStores.redis.run { store in
      let key = store.key("claim")
      #expect(await store.take(key, by: Claimant("a")).fence != nil)
      await store.release(key, by: "a")
      let ahead = try await Self.putAhead(key)
      #expect(await store.take(key, by: Claimant("b")).fence == ahead + 1)
      await store.release(key, by: "b")
      #expect(await store.take(key, by: Claimant("c")).fence == ahead + 2)
    }
  }

  @Test("of a lease in Redis goes on from the last one")
  func redisLease() async throws {
    try await ContractStores.redis.run { store in
      let key = store.key("operation")
      await store.make(key)
      #expect(await store.checkout(key, "a")?.grant != nil)
      #expect(await store.pending(key, .release(receipt: "a"))?.operation != nil)
      let ahead = try await Self.putAhead(key)
      #expect(await store.checkout(key, "b")?.grant?.fence == ahead + 1)
      #expect(await store.pending(key, .release(receipt: "b"))?.operation != nil)
      #expect(await store.checkout(key, "c")?.grant?.fence == ahead + 2)
    }
  }

  /// Writes a fence of the year 2100 to a record.
  private static func putAhead(_ key: StoreKey) async throws -> Int64 {
    let ahead: Int64 = 4_102_444_800_000_000
    let name = String(buffer: key.bytes)
    let result = try Tool.run(
      ["redis-cli", "-s", try ContractStores.redisSocketPath, "HSET", name, "fence", "\(ahead)"])
    try #require(result.exit == .status(0) && result.output == "0\n", "\(result.output)")
    return ahead
  }
}
