import CloakroomCore
import CloakroomStore
import Dispatch
import NIOCore
import Support
import Synchronization
import Testing

@Suite("The records of the store in memory", .timeLimit(.minutes(1)))
struct MemoryIdempotencyTests {
  static func idempotency(_ name: String, lifeMs: Int64 = 1000) -> IdempotencyRecord {
    IdempotencyRecord(
      name: StoreKey(name), fingerprint: Fingerprint(of: ByteBuffer(string: "call")),
      life: (try? TimeToLive(milliseconds: lifeMs)) ?? .longest)
  }

  static func add(_ key: String) -> StoreCommand {
    .add(StoreKey(key), by: 1, within: 0...Int64.max, expiry: .never)
  }

  @Test("are charged with the bytes of what they keep, and give all of them back when swept")
  func accounts() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 1 << 20, clock: clock.storeClock)
    #expect(store.put("key", bytes: 65_536, .never) == .done)
    let take = Self.idempotency("record").keeping(.take(StoreKey("key")), step: 0)
    for _ in 0..<3 {
      guard case .value(.some) = store.perform(take) else {
        Issue.record("nothing was taken")
        return
      }
      #expect(store.stats.bytes > 65_536)
      #expect(store.stats.entries == 1)
    }
    clock.advance(by: 999)
    #expect(store.sweep(limit: .max) == 0)
    clock.advance(by: 1)
    #expect(store.sweep(limit: .max) == 1)
    #expect(store.stats.bytes == 0)
    #expect(store.stats.entries == 0)
    #expect(store.stats.deadlines == 0)
    #expect(store.stats.expired == 1)
  }

  @Test("make way, once they have expired, for what is written")
  func makeWay() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 16 << 10, clock: clock.storeClock)
    var kept = 0
    while case .counted = store.perform(
      Self.idempotency("record \(kept)", lifeMs: 100).keeping(Self.add("n"), step: 0))
    { kept += 1 }
    #expect(kept > 10)
    #expect(store.put("key", bytes: 8192, .never).isOutOfMemory)
    clock.advance(by: 100)
    #expect(store.put("key", bytes: 8192, .never) == .done)
    #expect(store.stats.bytes <= 16 << 10)
  }

  @Test("are not made without room, and then nothing is done")
  func noRoomForRecord() {
    let store = MemoryStore(byteLimit: 2 * (MemoryStore.overheadPerEntry + 64))
    #expect(store.put("a", .never) == .done)
    #expect(store.put("b", .never) == .done)
    let remove = Self.idempotency("record").keeping(.remove(StoreKey("a")), step: 0)
    #expect(store.perform(remove).isOutOfMemory)
    #expect(store.has("a"))
    #expect(store.perform(.remove(StoreKey("b"))) == .boolean(true))
    #expect(store.perform(remove) == .boolean(true))
    #expect(store.perform(remove) == .boolean(true))
  }

  @Test("leave nothing behind of what found no room")
  func noRoomForValue() {
    let store = MemoryStore(byteLimit: 8 << 10)
    let value = ByteBuffer(repeating: 0x61, count: 16 << 10)
    let set = Self.idempotency("record").keeping(
      .set(StoreKey("key"), value: value, .never, .none), step: 0)
    for _ in 0..<3 {
      #expect(store.perform(set).isOutOfMemory)
      #expect(store.stats.bytes == 0)
      #expect(store.stats.entries == 0)
    }
  }

  @Test("have each call done once by many threads, with room made all the while")
  func threads() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 2 << 20, clock: clock.storeClock)
    let others = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for step in 0..<2000 {
        let reply = store.perform(
          Self.idempotency("record \(step)", lifeMs: 1_000_000).keeping(
            Self.add("count \(step % 50)"), step: 0))
        guard case .counted(_, applied: true) = reply else {
          others.add(1, ordering: .relaxed)
          continue
        }
        // Fills the store, so that sweeps go on under the records' locks.
        _ = store.put("\(thread) \(step)", bytes: 500, .ms(3))
        if step % 5 == 0 { clock.advance(by: 1) }
      }
    }
    #expect(others.load(ordering: .relaxed) == 0)
    for key in 0..<50 {
      #expect(store.perform(.get(StoreKey("count \(key)"))) == .value(ByteBuffer(string: "40")))
    }
  }
}
