import CloakroomCore
import CloakroomStore
import NIOCore
import NIOPosix
import Support
import Testing

@Suite("What waits for a loop that is held up", .timeLimit(.minutes(1)))
struct BusOverflowTests {
  static let (flood, quiet) = (
    StoreKey(bytes: ByteBuffer(string: "flood")), StoreKey(bytes: ByteBuffer(string: "quiet"))
  )

  static func run(
    _ limits: BusLimits, _ body: (MemoryBus, BusHarness) async throws -> Void
  ) async throws {
    let bus = MemoryBus(limits: limits)
    let harness = try await BusHarness(on: MultiThreadedEventLoopGroup.singleton.next()) {
      bus.makeLink(on: $0)
    }
    try await body(bus, harness)
    try await harness.close()
  }

  @Test("is bounded: what is dropped is told of in its place, and only to whom it was for")
  func messages() async throws {
    var limits = BusLimits()
    limits.waitingMessages = 10
    try await Self.run(limits) { bus, harness in
      let ids = try await harness.subscribe([.name(Self.flood), .name(Self.quiet)])
      try await harness.occupyLoop {
        bus.publish(Self.quiet, ByteBuffer(string: "first"))
        for number in 0..<100 { bus.publish(Self.flood, ByteBuffer(string: "\(number)")) }
      }
      try await harness.wait(for: "the gap") { $0.contains(.interrupted(ids[0])) }
      bus.publish(Self.flood, ByteBuffer(string: "later"))
      try await harness.wait(for: "what came later") { notes in
        notes.contains(.received("later", on: "flood", ids[0]))
      }
      var wanted: [BusNote] = [.subscribed(ids[0]), .subscribed(ids[1])]
      wanted.append(.received("first", on: "quiet", ids[1]))
      wanted += (0..<9).map { .received("\($0)", on: "flood", ids[0]) }
      wanted += [.interrupted(ids[0]), .received("later", on: "flood", ids[0])]
      #expect(try await harness.notes == wanted)
    }
  }

  @Test("is bounded in bytes too, and a small message doesn't slip in behind a large one")
  func bytes() async throws {
    var limits = BusLimits()
    limits.waitingBytes = 1000
    try await Self.run(limits) { bus, harness in
      let id = try await harness.subscribe(.name(Self.flood))
      try await harness.occupyLoop {
        bus.publish(Self.flood, ByteBuffer(string: "small"))
        bus.publish(Self.flood, ByteBuffer(repeating: 0x78, count: 1000))
        bus.publish(Self.flood, ByteBuffer(string: "small too"))
      }
      try await harness.wait(for: "the gap") { $0.contains(.interrupted(id)) }
      bus.publish(Self.flood, ByteBuffer(string: "later"))
      try await harness.wait(for: "what came later") { $0.count == 4 }
      #expect(
        try await harness.notes == [
          .subscribed(id), .received("small", on: "flood", id), .interrupted(id),
          .received("later", on: "flood", id),
        ])
    }
  }

  @Test("comes in few bursts, however many messages there are")
  func burst() async throws {
    try await Self.run(BusLimits()) { bus, harness in
      let id = try await harness.subscribe(.name(Self.flood))
      let before = try await harness.bursts
      try await harness.occupyLoop {
        for number in 0..<1000 { bus.publish(Self.flood, ByteBuffer(string: "\(number)")) }
      }
      try await harness.wait(for: "all messages") { $0.count == 1001 }
      #expect(try await harness.messages(id) == (0..<1000).map(String.init))
      // As many as there is time for in a turn of the loop come together.
      #expect(try await harness.bursts < before + 200)
    }
  }

  @Test("comes in turns where telling takes long, each message to all in their order")
  func turns() async throws {
    try await Self.run(BusLimits()) { bus, harness in
      let ids = try await harness.subscribe(Array(repeating: .name(Self.flood), count: 100))
      try await harness.slowDown(to: .microseconds(100))
      let before = try await harness.bursts
      bus.publish(Self.flood, ByteBuffer(string: "first"))
      bus.publish(Self.flood, ByteBuffer(string: "second"))
      try await harness.wait(for: "both messages") { $0.count == 300 }
      let wanted = ["first", "second"].flatMap { text in
        ids.map { BusNote.received(text, on: "flood", $0) }
      }
      #expect(try await harness.notes.dropFirst(100) == wanted[...])
      // 20 ms of telling, and a turn has one, or what 32 of them take.
      #expect(try await harness.bursts >= before + 5)
    }
  }
}
