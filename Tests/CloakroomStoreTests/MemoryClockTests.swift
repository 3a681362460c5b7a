import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("The clock of the store in memory", .timeLimit(.minutes(1)))
struct MemoryClockTests {
  @Test(
    "may stand anywhere", arguments: [.min, -50, 0, 1, .max - 200, .max - 101] as [Int64])
  func anywhere(start: Int64) {
    let clock = TestClock(at: start)
    let store = MemoryStore(byteLimit: 1 << 20, clock: clock.storeClock)
    #expect(store.put("key", .ms(100)) == .done)
    clock.advance(by: 99)
    let value = ByteBuffer(repeating: 0x61, count: 8)
    #expect(store.perform(.getWithMeta(StoreKey("key"))) == .entry(value, ttlMs: 1))
    clock.advance(by: 1)
    #expect(!store.has("key"))
    #expect(store.stats.expired == 1)
  }

  @Test(
    "stops a life at its own end, which isn't for ever", arguments: [.max - 2, .max - 1] as [Int64])
  func end(start: Int64) {
    let clock = TestClock(at: start - 10)
    let store = MemoryStore(byteLimit: 1 << 20, clock: clock.storeClock)
    _ = store.put("never", .never)
    #expect(store.put("key", .after(.longest)) == .done)
    guard case .entry(_, let rest?) = store.perform(.getWithMeta(StoreKey("key"))) else {
      Issue.record("the value has no end")
      return
    }
    #expect(rest == Int64.max - 1 - clock.now)
    clock.advance(by: rest - 1)
    #expect(store.has("key"))
    clock.advance(by: 1)
    #expect(store.sweep(limit: .max) == 1)
    #expect(store.has("never"))
  }

  @Test("may be set back without a life being lost or a call failing")
  func backwards() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 1 << 20, clock: clock.storeClock)
    _ = store.put("key", .ms(100))
    clock.advance(by: -1_000_000)
    #expect(store.sweep(limit: .max) == 0)
    #expect(store.has("key"))
    clock.advance(by: 1_000_100)
    #expect(!store.has("key"))
  }

  @Test("of the system moves on and never back")
  func system() {
    let clock = StoreClock.system
    let first = clock.now
    let second = clock.now
    #expect(first > 0)
    #expect(second >= first)
  }
}
