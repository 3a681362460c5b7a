import CloakroomCore
import NIOCore
import Support
import Testing

@testable import CloakroomStore

@Suite("Records in memory", .timeLimit(.minutes(1)))
struct MemoryRecordTests {
  private static func commit(
    _ store: MemoryStore, _ key: String, bytes: Int, version: UInt64 = 1, over: UInt64? = nil,
    keptUntilMs: Int64, remindAtMs: Int64? = nil
  ) -> StoreReply {
    var record = ByteBuffer()
    RecordVersion(version).write(into: &record)
    record.writeString("}\n")
    record.writeRepeatingByte(UInt8(ascii: "7"), count: bytes)
    return store.perform(
      .commit(
        StoreKey(key),
        RecordCommit(
          expecting: over.map { .version(RecordVersion($0)) } ?? .nothing, replacement: record,
          keptUntilMs: keptUntilMs, remindAtMs: remindAtMs)))
  }

  @Test("count against the byte limit, and give all of it back")
  func accounts() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 1 << 22, clock: clock.storeClock)
    let end = store.timeMs + 100
    #expect(Self.commit(store, "a", bytes: 100_000, keptUntilMs: end) == .done)
    let one = store.stats.bytes
    #expect(one > 100_000)
    #expect(Self.commit(store, "b", bytes: 100_000, keptUntilMs: end) == .done)
    #expect(store.stats.bytes == 2 * one && store.stats.entries == 2)
    #expect(Self.commit(store, "b", bytes: 0, version: 2, over: 1, keptUntilMs: end + 50) == .done)
    #expect(store.stats.bytes < one + 5000)
    clock.advance(by: 100)
    #expect(store.sweep(limit: 100) == 1)
    clock.advance(by: 49)
    #expect(store.sweep(limit: 100) == 0)
    clock.advance(by: 1)
    #expect(store.sweep(limit: 100) == 1)
    #expect(store.stats.bytes == 0 && store.stats.entries == 0)
  }

  @Test("are refused without room, and nothing has changed then; one that shrinks is taken")
  func room() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 16_384, clock: clock.storeClock)
    let end = store.timeMs + 1000
    #expect(Self.commit(store, "a", bytes: 4000, keptUntilMs: end) == .done)
    let bytes = store.stats.bytes
    #expect(Self.commit(store, "b", bytes: 20_000, keptUntilMs: end).isOutOfMemory)
    #expect(
      Self.commit(store, "a", bytes: 20_000, version: 2, over: 1, keptUntilMs: end).isOutOfMemory)
    #expect(store.stats.bytes == bytes && store.stats.entries == 1)
    #expect(Self.commit(store, "a", bytes: 10, version: 2, over: 1, keptUntilMs: end) == .done)
    // What is kept for long enough makes way.
    for number in 0..<20 { _ = Self.commit(store, "c\(number)", bytes: 100, keptUntilMs: end) }
    clock.advance(by: 1000)
    #expect(!Self.commit(store, "d", bytes: 6000, keptUntilMs: end + 1000).isOutOfMemory)
  }

  @Test("have few reminders, however often they are changed")
  func reminders() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 1 << 20, clock: clock.storeClock)
    for number in 1...1000 as ClosedRange<UInt64> {
      clock.advance(by: 50)
      #expect(
        Self.commit(
          store, "a", bytes: 1, version: number, over: number > 1 ? number - 1 : nil,
          keptUntilMs: store.timeMs + 100, remindAtMs: store.timeMs + 100) == .done)
      store.sweep(limit: 10)
    }
    #expect(store.stats.entries == 1)
    #expect(store.stats.deadlines <= 3)
  }

  @Test("go by the date of the store's start and the time since then, whatever is set meanwhile")
  func date() {
    let clock = TestClock()
    let store = MemoryStore(
      byteLimit: 1 << 20, clock: StoreClock({ clock.now }, date: { clock.now * 2 + 5000 }))
    let begun = store.timeMs
    clock.advance(by: 100)
    #expect(store.timeMs == begun + 100)
  }
}
