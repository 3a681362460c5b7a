import CloakroomCore
import CloakroomRedis
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("The message bus when Redis fails", .timeLimit(.minutes(1)))
struct BusOutageTests {
  /// A bus over a Redis of the test's own, with a test's patience.
  static func run(
    _ server: RedisServer, _ configure: (inout RedisTarget) -> Void = { _ in },
    _ body: ([BusHarness], StoreHarness) async throws -> Void
  ) async throws {
    var target = RedisTarget(address: .unix(path: server.socketPath))
    (target.shortestBackoff, target.longestBackoff) = (.milliseconds(1), .milliseconds(20))
    (target.connectTimeout, target.commandTimeout) = (.seconds(5), .seconds(5))
    configure(&target)
    try await ContractBus.redis(at: target).run(links: 2, body)
  }

  /// Publishes until somebody hears it.
  static func publish(_ key: StoreKey, _ text: String, to store: StoreHarness) async throws {
    try await eventually(that: "somebody hears \(text)") {
      let reply = await store.perform(.publish(key, ByteBuffer(string: text)))
      if case .number(let count) = reply { return count > 0 }
      return false
    }
  }

  /// Waits until a subscription is refused.
  static func refusal(of key: StoreKey, on bus: BusHarness) async throws {
    try await eventually(that: "a subscription is refused") {
      let id = try await bus.ask([.name(key)])[0]
      try await bus.wait(for: "an answer") { notes in notes.contains { $0.id == id } }
      _ = try await bus.unsubscribe([id])
      return try await bus.notes.contains(.failed(id, .unavailable))
    }
  }

  @Test("is there again after Redis was killed, and says that messages may be missing")
  func restart() async throws {
    let server = try RedisServer()
    defer { server.stop() }
    try await Self.run(server) { buses, store in
      let key = store.key("news")
      let all = Topic.pattern(ByteBuffer(string: String(buffer: key.bytes) + "*"))
      let ids = try await buses[0].subscribe([.name(key), all])
      let other = try await buses[1].subscribe(.name(key))
      for round in 1...2 {
        server.kill()
        try server.restart()
        for (bus, id) in [(buses[0], ids[0]), (buses[0], ids[1]), (buses[1], other)] {
          try await bus.wait(for: "gap \(round)") { notes in
            notes.count { $0 == .interrupted(id) } == round
          }
        }
        try await Self.publish(key, "after \(round)", to: store)
        for (bus, id) in [(buses[0], ids[0]), (buses[0], ids[1]), (buses[1], other)] {
          try await bus.wait(for: "message \(round)") { notes in
            notes.contains(.received("after \(round)", on: String(buffer: key.bytes), id))
          }
        }
      }
    }
  }

  @Test("refuses while Redis is down, and keeps what was subscribed before")
  func down() async throws {
    let server = try RedisServer()
    defer { server.stop() }
    try await Self.run(server) { buses, store in
      let (key, fresh) = (store.key("news"), store.key("fresh"))
      let old = try await buses[0].subscribe(.name(key))
      server.kill()
      try await Self.refusal(of: fresh, on: buses[0])
      try await Self.refusal(of: key, on: buses[0])
      try server.restart()
      try await buses[0].wait(for: "the gap") { $0.contains(.interrupted(old)) }
      try await Self.publish(key, "back", to: store)
      try await buses[0].wait(for: "the message") {
        $0.contains(.received("back", on: String(buffer: key.bytes), old))
      }
      _ = try await buses[0].subscribe(.name(fresh))
    }
  }

  @Test("notices a Redis that says nothing, and is there again when it does")
  func frozen() async throws {
    let server = try RedisServer()
    defer { server.stop() }
    func impatient(_ target: inout RedisTarget) {
      (target.connectTimeout, target.commandTimeout) = (.seconds(1), .seconds(1))
    }
    try await Self.run(server, impatient) { buses, store in
      let key = store.key("news")
      let id = try await buses[0].subscribe(.name(key))
      server.pause()
      try await Self.refusal(of: store.key("fresh"), on: buses[1])
      server.resume()
      try await buses[0].wait(for: "the gap") { $0.contains(.interrupted(id)) }
      try await Self.publish(key, "back", to: store)
      try await buses[0].wait(for: "the message") {
        $0.contains(.received("back", on: String(buffer: key.bytes), id))
      }
    }
  }

  @Test("has one connection however many loops and subscriptions there are")
  func oneConnection() async throws {
    let server = try RedisServer()
    defer { server.stop() }
    try await Self.run(server) { buses, store in
      for bus in buses {
        _ = try await bus.subscribe((0..<20).map { .name(store.key("name \($0 % 10)")) })
      }
      let clients = try server.command(["CLIENT", "LIST", "TYPE", "PUBSUB"])
      #expect(clients.split(separator: "\n").count == 1)
      #expect(clients.contains("sub=10 "))
    }
  }

  @Test("says what Redis refuses: names that an ACL user may not hear")
  func acl() async throws {
    let server = try RedisServer()
    defer { server.stop() }
    _ = try server.command([
      "ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all", "resetchannels", "&contract:*",
    ])
    try await Self.run(
      server,
      {
        $0.username = "app"
        $0.password = "secret"
      },
      { buses, store in
        let denied = Topic.name(StoreKey(bytes: ByteBuffer(string: "elsewhere")))
        let allowed = store.key("allowed")
        let ids = try await buses[0].ask([denied, .name(allowed)])
        try await buses[0].wait(for: "both answers") { $0.count == 2 }
        #expect(
          Set(try await buses[0].notes) == [.failed(ids[0], .storeRefused), .subscribed(ids[1])])
        try await Self.publish(allowed, "heard", to: store)
        try await buses[0].wait(for: "the message") { $0.count == 3 }
      })
  }
}
