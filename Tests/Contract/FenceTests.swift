import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@testable import CloakroomMethods

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

  @Test("of a lease goes on from the last one, whatever the store's time")
  func lease() throws {
    var record: PendingRecord?
    func decide(_ step: PendingStep, at now: Int64) -> PendingOutcome {
      let request = PendingRequest(step, type: "form", retention: StoreHarness.retention)
      let transition = PendingRecord.decide(record, request, at: now)
      record = transition.change ?? record
      return transition.outcome
    }
    func lease(_ receipt: String, at now: Int64) -> Int64? {
      let outcome = decide(.checkout(PendingLease(receipt: receipt, life: .ms(1000))), at: now)
      _ = decide(.release(receipt: receipt), at: now)
      return PendingReply(outcome).grant?.fence
    }
    let draft = PendingDraft(data: ByteBuffer(string: "1"), life: .ms(100_000))
    #expect(decide(.create(draft), at: Self.date).isDone)
    let first = Self.date * 1000
    #expect(lease("a", at: Self.date) == first)
    #expect(lease("b", at: Self.date - 1) == first + 1)
    #expect(lease("c", at: Self.date - 1_000_001) == first + 2)
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
      let ahead = try await Self.putRecordAhead(key)
      #expect(await store.checkout(key, "b")?.grant?.fence == ahead + 1)
      #expect(await store.pending(key, .release(receipt: "b"))?.operation != nil)
      #expect(await store.checkout(key, "c")?.grant?.fence == ahead + 2)
    }
  }

  /// Writes a fence of the year 2100 to a record of a pending operation, under a version of its own as any
  /// other sidecar would.
  private static func putRecordAhead(_ key: StoreKey) async throws -> Int64 {
    let ahead: Int64 = 4_102_444_800_000_000
    let name = String(buffer: key.bytes)
    let redis = ["redis-cli", "-s", try ContractStores.redisSocketPath]
    let record = try Tool.run(redis + ["--raw", "GET", name]).output
    let changed = record.dropLast().replacing(/"fence":[0-9]+/, with: "\"fence\":\(ahead)")
      .replacing(/"v":"[^"]*"/, with: #""v":"AAAAAAAAAAA""#, maxReplacements: 1)
    let result = try Tool.run(redis + ["SET", name, String(changed), "KEEPTTL"])
    try #require(result.exit == .status(0) && result.output == "OK\n", "\(result.output)")
    return ahead
  }

  /// Writes a fence of the year 2100 to a claim.
  private static func putAhead(_ key: StoreKey) async throws -> Int64 {
    let ahead: Int64 = 4_102_444_800_000_000
    let name = String(buffer: key.bytes)
    let result = try Tool.run(
      ["redis-cli", "-s", try ContractStores.redisSocketPath, "HSET", name, "fence", "\(ahead)"])
    try #require(result.exit == .status(0) && result.output == "0\n", "\(result.output)")
    return ahead
  }
}
