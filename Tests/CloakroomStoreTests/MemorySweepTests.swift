import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("Sweeping the store in memory", .timeLimit(.minutes(1)))
struct MemorySweepTests {
  private let clock = TestClock()
  private let store: MemoryStore

  init() { store = MemoryStore(byteLimit: 1 << 28, clock: clock.storeClock) }

  @Test("removes what has expired and nothing else, at the very millisecond")
  func sweeps() {
    for number in 0..<1000 { _ = store.put("\(number)", .ms(Int64(number % 10) + 1)) }
    _ = store.put("never", .never)
    for elapsed in 1...10 {
      clock.advance(by: 1)
      #expect(store.sweep(limit: .max) == 100)
      #expect(store.stats.entries == 1001 - 100 * elapsed)
    }
    #expect(store.sweep(limit: .max) == 0)
    #expect(store.stats.expired == 1000)
    #expect(store.stats.deadlines == 0)
    #expect(store.has("never"))
  }

  @Test("does no more than its limit in one go, and gets through all the same")
  func limited() {
    for number in 0..<1000 { _ = store.put("\(number)", .ms(1)) }
    clock.advance(by: 1)
    #expect(store.sweep(limit: 0) == 0)
    #expect(store.sweep(limit: -1) == 0)
    var sweeps = 0
    while store.stats.entries > 0, sweeps < 1000 {
      let removed = store.sweep(limit: 7)
      #expect((1...7).contains(removed))
      sweeps += 1
    }
    #expect(store.stats.entries == 0)
    #expect(store.stats.bytes == 0)
    #expect(store.stats.expired == 1000)
  }

  @Test("counts an expired entry once, whether it was met first or swept first")
  func countsOnce() {
    for number in 0..<100 { _ = store.put("\(number)", .ms(1)) }
    clock.advance(by: 1)
    for number in 0..<40 { #expect(!store.has("\(number)")) }
    #expect(store.sweep(limit: .max) == 60)
    #expect(store.stats.expired == 100)
  }

  @Test("leaves a newer value alone when an older one's deadline comes")
  func newerValues() {
    let lives: [Expiry] = [.ms(1000), .never]
    for (number, life) in lives.enumerated() {
      _ = store.put("rewritten \(number)", .ms(10))
      _ = store.put("rewritten \(number)", life)
      _ = store.put("removed \(number)", .ms(10))
      _ = store.perform(.remove(StoreKey("removed \(number)")))
      _ = store.put("removed \(number)", life)
      _ = store.put("prolonged \(number)", .ms(10))
      _ = store.perform(.expire(StoreKey("prolonged \(number)"), life))
    }
    clock.advance(by: 999)
    #expect(store.sweep(limit: .max) == 0)
    #expect(store.stats.entries == 6)
    #expect(store.stats.deadlines == 3)
    clock.advance(by: 1)
    #expect(store.sweep(limit: .max) == 3)
    #expect(store.stats.entries == 3)
  }

  @Test("comes for a life that was cut short, and for one cut short and prolonged again")
  func shortened() {
    _ = store.put("cut", .ms(1000))
    _ = store.perform(.expire(StoreKey("cut"), .ms(10)))
    _ = store.put("again", .ms(1000))
    _ = store.perform(.expire(StoreKey("again"), .ms(10)))
    _ = store.perform(.expire(StoreKey("again"), .ms(500)))
    clock.advance(by: 10)
    #expect(store.sweep(limit: .max) == 1)
    clock.advance(by: 489)
    #expect(store.sweep(limit: .max) == 0)
    clock.advance(by: 1)
    #expect(store.sweep(limit: .max) == 1)
    #expect(store.stats.entries == 0)
  }

  /// What is done to one key many times over.
  static let rewrites: [(String, @Sendable (MemoryStore, TestClock, Int) -> Void)] = [
    ("the same life", { store, _, _ in _ = store.put("key", .ms(1000)) }),
    (
      "ever longer lives",
      { store, _, number in _ = store.put("key", .ms(1000 + Int64(number))) }
    ),
    (
      "ever shorter lives",
      { store, _, number in _ = store.put("key", .ms(100_000_000 - Int64(number))) }
    ),
    (
      "removed and written again",
      { store, _, _ in
        _ = store.perform(.remove(StoreKey("key")))
        _ = store.put("key", .ms(1000))
      }
    ),
    (
      "later and later",
      { store, clock, _ in
        clock.advance(by: 1)
        _ = store.put("key", .ms(1000))
      }
    ),
    (
      "with an end and without in turn",
      { store, clock, number in
        clock.advance(by: 1)
        _ = store.put("key", number.isMultiple(of: 2) ? .never : .ms(1000))
      }
    ),
  ]

  @Test(
    "keeps its queue short while one key is written ten thousand times", arguments: rewrites)
  func rewriting(name: String, rewrite: @Sendable (MemoryStore, TestClock, Int) -> Void) {
    for number in 0..<10_000 { rewrite(store, clock, number) }
    #expect(store.stats.entries == 1)
    #expect(store.stats.deadlines <= 66)
    clock.advance(by: TimeToLive.longest.milliseconds)
    store.sweep(limit: .max)
    #expect(store.stats.entries == 0)
    #expect(store.stats.bytes == 0)
  }

  @Test("keeps its queue in proportion to the entries while many come and go")
  func comeAndGo() {
    for number in 0..<20_000 { _ = store.put("\(number)", .ms(1_000_000)) }
    #expect(store.stats.deadlines == 20_000)
    for number in 0..<19_000 { _ = store.perform(.take(StoreKey("\(number)"))) }
    #expect(store.stats.entries == 1000)
    #expect(store.stats.deadlines <= 2 * 1000 + 16 * 64)
    clock.advance(by: 1_000_000)
    #expect(store.sweep(limit: .max) == 1000)
    #expect(store.stats.deadlines == 0)
  }
}
