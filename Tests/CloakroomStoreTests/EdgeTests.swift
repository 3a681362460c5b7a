import CloakroomCore
import NIOCore
import NIOPosix
import Support
import Testing

@testable import CloakroomStore

/// Each limit of the store holds at its very value: as much is taken, and one more is not.
@Suite("A store's limit", .timeLimit(.minutes(1)))
struct EdgeTests {
  @Test("of bytes is taken to the last one, and given back")
  func budget() throws {
    let budget = MemoryBudget(limit: 100)
    try budget.adjust(by: 99)
    #expect(throws: MemoryBudget.Exhausted.self) { try budget.adjust(by: 2) }
    try budget.adjust(by: 1)
    #expect(budget.used == 100)
    try budget.adjust(by: 0)
    #expect(throws: MemoryBudget.Exhausted.self) { try budget.adjust(by: 1) }
    #expect(throws: MemoryBudget.Exhausted.self) { try budget.adjust(by: .max) }
    try budget.adjust(by: -1)
    try budget.adjust(by: 1)
    #expect(budget.used == 100)
  }

  @Test("of bytes lets an entry in that fits exactly", arguments: [0, 1])
  func entry(missing: Int) {
    let size = MemoryStore.overheadPerEntry + 8 + 64
    let store = MemoryStore(byteLimit: size - missing)
    let reply = store.perform(
      .set(
        StoreKey("eight by"), value: ByteBuffer(repeating: 0x61, count: 64), .never, .none))
    #expect((reply == .done) == (missing == 0))
    #expect(store.stats.bytes == (missing == 0 ? size : 0))
  }

  @Test("of subscriptions is a place each, whichever loop has it")
  func subscriptions() {
    let quota = BusQuota(limit: 2)
    #expect(quota.take() && quota.take())
    #expect(!quota.take() && !quota.take())
    #expect(quota.used == 2)
    quota.release()
    #expect(quota.take() && !quota.take())
  }

  @Test(
    "of what waits for a loop is kept to the last byte, and one more is not", arguments: [0, 1])
  func waitingBytes(more: Int) async throws {
    var limits = BusLimits()
    limits.waitingBytes = 1000
    let bus = MemoryBus(limits: limits)
    let harness = try await BusHarness(on: MultiThreadedEventLoopGroup.singleton.next()) {
      bus.makeLink(on: $0)
    }
    let name = StoreKey("name")
    let id = try await harness.subscribe(.name(name))
    try await harness.occupyLoop {
      // Each counts with the name that it came under.
      bus.publish(name, ByteBuffer(repeating: 0x61, count: 496))
      bus.publish(name, ByteBuffer(repeating: 0x62, count: 496 + more))
    }
    try await harness.wait(for: "both, or the gap") { $0.count == 3 }
    let messages = try await harness.messages(id)
    #expect(messages.map(\.utf8.count) == (more == 0 ? [496, 496] : [496]))
    #expect(try await harness.notes.contains(.interrupted(id)) == (more > 0))
    try await harness.close()
  }
}
