import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("Pending operations in memory", .timeLimit(.minutes(1)))
struct MemoryPendingTests {
  private static let life = (try? TimeToLive(milliseconds: 100)) ?? .longest
  private static let retention = PendingRetention(tombstoneMs: 50, receiptMs: 50, deadMs: 50)

  @discardableResult
  private static func perform(
    _ store: MemoryStore, _ key: String, _ step: PendingStep
  ) -> StoreReply {
    store.perform(
      .pending(StoreKey(key), PendingRequest(step, type: "form", retention: retention)))
  }

  private static func make(_ store: MemoryStore, _ key: String, bytes: Int = 10) -> StoreReply {
    let data = ByteBuffer(repeating: UInt8(ascii: "7"), count: bytes)
    return perform(store, key, .create(PendingDraft(data: data, life: life)))
  }

  @Test("count against the byte limit with their data, and give all of it back")
  func accounts() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 1 << 22, clock: clock.storeClock)
    _ = Self.make(store, "a", bytes: 100_000)
    let one = store.stats.bytes
    #expect(one > 100_000)
    _ = Self.make(store, "b", bytes: 100_000)
    #expect(store.stats.bytes == 2 * one && store.stats.entries == 2)
    // Its tombstone has no data.
    Self.perform(store, "b", .consume)
    #expect(store.stats.bytes < one + 5000)
    clock.advance(by: 150)
    #expect(store.sweep(limit: 100) == 1)
    clock.advance(by: PendingRetention.slackMs - 51)
    #expect(store.sweep(limit: 100) == 0)
    clock.advance(by: 1)
    #expect(store.sweep(limit: 100) == 1)
    #expect(store.stats.bytes == 0 && store.stats.entries == 0)
  }

  @Test("are refused without room, and nothing has changed then")
  func room() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 16_384, clock: clock.storeClock)
    _ = Self.make(store, "a", bytes: 4000)
    let bytes = store.stats.bytes
    #expect(Self.make(store, "b", bytes: 20_000).isOutOfMemory)
    let large = PendingChange(data: ByteBuffer(repeating: 0x31, count: 20_000))
    #expect(Self.perform(store, "a", .update(large)).isOutOfMemory)
    #expect(store.stats.bytes == bytes && store.stats.entries == 1)
    guard case .pending(let reply) = Self.perform(store, "a", .consume),
      case .operation(let operation) = reply.outcome
    else {
      Issue.record("the operation is gone")
      return
    }
    #expect(operation.data.readableBytes == 4000)
    // What is over for long enough makes way.
    for number in 0..<20 { _ = Self.make(store, "c\(number)", bytes: 100) }
    clock.advance(by: PendingRetention.slackMs + 200)
    #expect(!Self.make(store, "d", bytes: 6000).isOutOfMemory)
  }

  @Test("keep few reminders, however often they are changed")
  func reminders() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 1 << 20, clock: clock.storeClock)
    _ = Self.make(store, "a")
    let change = PendingChange(data: ByteBuffer(string: "1"), life: .after(Self.life))
    for _ in 0..<1000 {
      clock.advance(by: 50)
      Self.perform(store, "a", .update(change))
      store.sweep(limit: 10)
    }
    #expect(store.stats.entries == 1)
    #expect(store.stats.deadlines <= 3)
  }
}
