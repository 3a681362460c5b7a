import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("Claims in memory", .timeLimit(.minutes(1)))
struct MemoryClaimTests {
  private static let life = (try? TimeToLive(milliseconds: 100)) ?? .longest

  /// Asks for a claim, waiting for it if need be.
  @discardableResult
  private static func take(
    _ store: MemoryStore, _ key: String, _ owner: String, _ ticket: ClaimTicket = ClaimTicket(),
    patienceMs: Int64? = nil
  ) -> Result<TakeClaim.Reply, RPCError> {
    let wait = patienceMs.map { ClaimWait(patienceMs: $0, limit: 100) }
    let request = ClaimRequest(owner: owner, life: life, ticket: ticket, wait: wait)
    return store.step(TakeClaim(StoreKey(key), request))
  }

  @Test("count against the byte limit, and give all of it back a day after their end")
  func accounts() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 1 << 20, clock: clock.storeClock)
    Self.take(store, "a", "holder")
    let one = store.stats.bytes
    #expect(one > 300)
    Self.take(store, "b", "holder")
    #expect(store.stats.bytes == 2 * one)
    #expect(store.stats.entries == 2)
    var waiting = ClaimTicket()
    guard case .success(.waiting(let place)) = Self.take(store, "a", "w", waiting, patienceMs: 50)
    else {
      Issue.record("the request doesn't wait")
      return
    }
    Self.take(store, "a", "v", patienceMs: 50)
    let waiter = (store.stats.bytes - 2 * one) / 2
    #expect(waiter > 64)
    waiting.number = place.number
    #expect(store.step(WithdrawClaim(StoreKey("a"), waiting)) == .success(Done()))
    #expect(store.stats.bytes == 2 * one + waiter)
    clock.advance(by: 50)
    _ = store.perform(.step(InspectClaim(StoreKey("a"))))
    #expect(store.stats.bytes == 2 * one)
    clock.advance(by: 50 + ClaimState.retentionMs - 1)
    #expect(store.sweep(limit: 100) == 0)
    clock.advance(by: 1)
    #expect(store.sweep(limit: 100) == 2)
    #expect(store.stats.bytes == 0)
    #expect(store.stats.entries == 0)
    #expect(store.stats.deadlines == 0)
  }

  @Test("are swept with those that wait for them")
  func sweptWaiters() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 1 << 20, clock: clock.storeClock)
    Self.take(store, "a", "holder")
    for index in 0..<10 {
      Self.take(store, "a", "waiter \(index)", patienceMs: 10 * ClaimState.retentionMs)
    }
    clock.advance(by: 100 + ClaimState.retentionMs)
    #expect(store.sweep(limit: 100) == 1)
    #expect(store.stats.bytes == 0)
  }

  @Test("are refused without room, and nothing has changed then")
  func room() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 4096, clock: clock.storeClock)
    var held = 0
    while !Self.take(store, "claim \(held)", "holder").isOutOfMemory {
      held += 1
      guard held < 100 else { break }
    }
    #expect((1...10).contains(held))
    #expect(store.stats.entries == held)
    #expect(store.stats.refused == 1)
    var waiting = 0
    while !Self.take(store, "claim 0", "waiter \(waiting)", patienceMs: 1000).isOutOfMemory {
      waiting += 1
      guard waiting < 100 else { break }
    }
    #expect(waiting < 20)
    // What has ended long ago makes way.
    clock.advance(by: 100 + ClaimState.retentionMs)
    #expect(!Self.take(store, "another", "holder").isOutOfMemory)
  }

  @Test("keep few reminders, however often they are taken and freed")
  func reminders() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 1 << 20, clock: clock.storeClock)
    for _ in 0..<1000 {
      Self.take(store, "a", "holder")
      clock.advance(by: 10)
      _ = store.perform(.step(ReleaseClaim(StoreKey("a"), owner: "holder", fence: nil)))
      store.sweep(limit: 10)
    }
    #expect(store.stats.deadlines <= 2)
  }

  @Test("begin their fences with the date, so that the next process has greater ones")
  func date() {
    let clock = TestClock(at: 5)
    let store = MemoryStore(
      byteLimit: 1 << 20, clock: StoreClock({ clock.now }, date: { 1_700_000_000_000 }))
    #expect(
      Self.take(store, "a", "holder")
        == .success(
          .held(ClaimHold(fence: 1_700_000_000_000_000, expiresAtMs: 1_700_000_000_100))))
    clock.advance(by: 100)
    // A date that stands still, or is set back, makes no fence smaller.
    #expect(
      Self.take(store, "a", "holder")
        == .success(
          .held(ClaimHold(fence: 1_700_000_000_000_001, expiresAtMs: 1_700_000_000_100))))
  }
}
