import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("The message bus", .timeLimit(.minutes(1)))
struct BusTests {
  static func text(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

  /// What the name of a key is, as a message's listener is told it.
  static func name(_ key: StoreKey) -> String { String(buffer: key.bytes) }

  /// A glob: a key's own name, and behind it what is given.
  static func pattern(_ key: StoreKey, _ tail: String) -> Topic {
    .pattern(ByteBuffer(string: name(key) + tail))
  }

  @Test("passes a message to every subscription of its name", arguments: ContractBus.all)
  func names(kind: ContractBus) async throws {
    try await kind.run(links: 3) { buses, store in
      let (key, other) = (store.key("news"), store.key("news2"))
      var subscriptions: [(bus: BusHarness, id: UInt64)] = []
      for bus in buses {
        for id in try await bus.subscribe([.name(key), .name(key)]) {
          subscriptions.append((bus, id))
        }
      }
      _ = await store.perform(.publish(other, Self.text("not for them")))
      let reply = await store.perform(.publish(key, Self.text("to all")))
      #expect(reply == .number(kind.isOneSidecarEach ? 3 : 1))
      for (bus, id) in subscriptions {
        try await bus.wait(for: "the message") {
          $0.contains(.received("to all", on: Self.name(key), id))
        }
        #expect(try await bus.messages(id) == ["to all"])
      }
    }
  }

  @Test(
    "tells those of one sidecar in the order in which they came, however many of them have left",
    arguments: ContractBus.all)
  func turns(kind: ContractBus) async throws {
    try await kind.run { buses, store in
      let key = store.key("line")
      var line = try await buses[0].subscribe(Array(repeating: .name(key), count: 40))
      for (round, leaving) in [1, 10, 20].enumerated() {
        // The first, and others from among them.
        let gone = Set(
          line.enumerated().filter { $0.offset % 3 == 0 }.prefix(leaving).map(\.element))
        line.removeAll(where: gone.contains)
        line += try await buses[0].unsubscribe(gone.sorted(), andAsk: [.name(key)])
        let ids = line
        let text = "round \(round)"
        try await buses[0].wait(for: "the last one") { $0.contains(.subscribed(ids.last ?? 0)) }
        _ = await store.perform(.publish(key, Self.text(text)))
        let wanted = ids.map { BusNote.received(text, on: Self.name(key), $0) }
        try await buses[0].wait(for: "\(text)") { Set(wanted).isSubset(of: $0) }
        let told = try await buses[0].notes.filter(Set(wanted).contains)
        #expect(told == wanted)
      }
    }
  }

  @Test("passes any bytes, an empty message too", arguments: ContractBus.all)
  func bytes(kind: ContractBus) async throws {
    try await kind.run { buses, store in
      let key = store.key("a\0b\r\n*é")
      let id = try await buses[0].subscribe(.name(key))
      let long = String(repeating: "x", count: 1 << 20)
      let messages = ["", "\0\r\n$5\r\n", long, "é"]
      for message in messages {
        #expect(await store.perform(.publish(key, Self.text(message))) == .number(1))
      }
      try await buses[0].wait(for: "all messages") { $0.count == messages.count + 1 }
      #expect(try await buses[0].messages(id) == messages)
    }
  }

  @Test("answers 0 when nobody listens, and keeps nothing", arguments: ContractBus.all)
  func nobody(kind: ContractBus) async throws {
    try await kind.run { buses, store in
      let key = store.key("empty")
      #expect(await store.perform(.publish(key, Self.text("lost"))) == .number(0))
      let id = try await buses[0].subscribe(.name(key))
      _ = await store.perform(.publish(key, Self.text("heard")))
      try await buses[0].wait(for: "the message") { $0.count == 2 }
      #expect(try await buses[0].messages(id) == ["heard"])
    }
  }

  @Test("counts a name once for a sidecar, and all patterns together", arguments: ContractBus.all)
  func counting(kind: ContractBus) async throws {
    try await kind.run { buses, store in
      let key = store.key("counted")
      _ = try await buses[0].subscribe([
        .name(key), .name(key), Self.pattern(key, "*"), Self.pattern(key, "*"),
        Self.pattern(key, "**"), Self.pattern(key, "?"),
      ])
      #expect(await store.perform(.publish(key, Self.text("x"))) == .number(2))
      try await buses[0].wait(for: "a message for each subscription") { $0.count == 11 }
    }
  }

  @Test("ends a subscription without touching others of its name", arguments: ContractBus.all)
  func unsubscribe(kind: ContractBus) async throws {
    try await kind.run(links: 2) { buses, store in
      let key = store.key("ending")
      let ids = try await buses[0].subscribe([.name(key), .name(key), .name(key)])
      let last = try await buses[1].subscribe(.name(key))
      _ = try await buses[0].unsubscribe([ids[0], ids[2]])
      _ = await store.perform(.publish(key, Self.text("one")))
      try await buses[0].wait(for: "the one left") { $0.count == 4 }
      #expect(try await buses[0].messages(ids[1]) == ["one"])
      _ = try await buses[0].unsubscribe([ids[1], 4711])
      _ = await store.perform(.publish(key, Self.text("two")))
      try await buses[1].wait(for: "the other loop's") { $0.count == 3 }
      #expect(try await buses[1].messages(last) == ["one", "two"])
      #expect(try await buses[0].notes.count == 4)
      _ = try await buses[1].unsubscribe([last])
      try await eventually(that: "Redis knows") {
        await store.perform(.publish(key, Self.text("three"))) == .number(0)
      }
    }
  }

  @Test("hears what comes after a topic was let go and taken up again", arguments: ContractBus.all)
  func churn(kind: ContractBus) async throws {
    try await kind.run { buses, store in
      let key = store.key("churn")
      var id = try await buses[0].subscribe(.name(key))
      for round in 0..<50 {
        id = try await buses[0].unsubscribe([id], andAsk: [.name(key)])[0]
        let current = id
        try await buses[0].wait(for: "subscription \(round)") { $0.contains(.subscribed(current)) }
        _ = await store.perform(.publish(key, Self.text("\(round)")))
        try await buses[0].wait(for: "message \(round)") {
          $0.contains(.received("\(round)", on: Self.name(key), current))
        }
        #expect(try await buses[0].messages(id) == ["\(round)"])
      }
    }
  }

  @Test("keeps the order of one publisher's messages", arguments: ContractBus.all)
  func order(kind: ContractBus) async throws {
    try await kind.run(links: 3) { buses, store in
      let keys = [store.key("order.a"), store.key("order.b")]
      var all: [(BusHarness, UInt64)] = []
      for bus in buses {
        all.append((bus, try await bus.subscribe(Self.pattern(store.key("order"), ".*"))))
      }
      let numbers = 0..<2000
      let replies = await store.perform(
        numbers.map { .publish(keys[$0 % 2], Self.text("\($0)")) })
      #expect(replies.allSatisfy { $0 == .number(kind.isOneSidecarEach ? 3 : 1) })
      for (bus, id) in all {
        try await bus.wait(for: "all messages") { $0.count == numbers.count + 1 }
        #expect(try await bus.messages(id) == numbers.map(String.init))
        // Most come many at a time.
        #expect(try await bus.bursts < numbers.count)
      }
    }
  }

  @Test("refuses more subscriptions than there may be", arguments: ContractBus.all)
  func quota(kind: ContractBus) async throws {
    var limits = BusLimits()
    limits.subscriptions = 3
    try await kind.run(limits: limits) { buses, store in
      let key = store.key("quota")
      let ids = try await buses[0].subscribe([.name(key), .name(key), .name(store.key("other"))])
      let refused = try await buses[0].ask([.name(key), .name(store.key("third"))])
      try await buses[0].wait(for: "refusals") { notes in
        refused.allSatisfy { notes.contains(.failed($0, .overloaded)) }
      }
      // What ends makes room.
      _ = try await buses[0].unsubscribe([ids[0]])
      _ = try await buses[0].subscribe(.name(store.key("third")))
    }
  }
}
