import NIOCore
import Support
import Testing

@testable import CloakroomRedis

@Suite("A subscriber", .timeLimit(.minutes(1)))
struct RedisSubscriberTests {
  /// What Redis answers to a command of a subscribed connection.
  static func answer(_ command: FakeRedis.Command) -> FakeRedis.Answer? {
    guard command.parts.count == 2, command.parts[0].hasSuffix("SUBSCRIBE") else { return nil }
    let (kind, name) = (command.parts[0].lowercased(), command.parts[1])
    return .send("*3\r\n$\(kind.count)\r\n\(kind)\r\n$\(name.count)\r\n\(name)\r\n:1\r\n")
  }

  /// Lends a subscriber to a server that answers as a test says, else as Redis does.
  static func run(
    _ configure: (inout RedisTarget) -> Void = { _ in },
    answering answer: @escaping @Sendable (FakeRedis.Command) -> FakeRedis.Answer? = { _ in nil },
    _ body: (SubscriberHarness, FakeRedis) async throws -> Void
  ) async throws {
    let server = try await FakeRedis { command in answer(command) ?? Self.answer(command) }
    let subscriber = try await SubscriberHarness(server.target(configure), messageLimit: 4096)
    try await body(subscriber, server)
    try await subscriber.close()
  }

  @Test("does not connect before something is wanted, and greets as a link does")
  func greeting() async throws {
    try await Self.run({ target in
      target.password = "s3cret"
      target.database = 3
    }) { subscriber, server in
      #expect(server.commands(of: 1) == [])
      #expect(try await subscriber.subscribe("a") == [nil])
      try await subscriber.wait(for: .confirmed("a"))
      // Behind these it asks now and then whether Redis is there.
      #expect(
        server.commands(of: 1).prefix(7) == [
          "AUTH s3cret", "CLIENT SETNAME cloakroom", "CLIENT ID", "INFO",
          "PING", "SUBSCRIBE a",
        ])
    }
  }

  @Test("subscribes again to what is still wanted after its connection was lost")
  func resubscribing() async throws {
    try await Self.run(answering: { command in
      command == .init(connection: 1, parts: ["SUBSCRIBE", "c"]) ? .hangUp(after: "") : nil
    }) { subscriber, server in
      _ = try await subscriber.subscribe("a", "b")
      try await subscriber.wait(for: .confirmed("b"))
      try await subscriber.unsubscribe("a")
      _ = try await subscriber.subscribe("c")
      try await subscriber.wait(for: .confirmed("b"), times: 2)
      try await subscriber.wait(for: .confirmed("c"))
      #expect(try await subscriber.notes.contains(.lost(.closed)))
      #expect(Set(server.commandsAfterGreeting(of: 2)) == ["SUBSCRIBE b", "SUBSCRIBE c"])
    }
  }

  @Test("gives up a connection over which a PING is not answered")
  func silence() async throws {
    // The greeting's own PING is the first.
    try await Self.run(
      { $0.commandTimeout = .milliseconds(50) },
      answering: { command in
        command.connection == 1 && command.parts[0] == "SUBSCRIBE" ? .send("") : nil
      }
    ) { subscriber, _ in
      _ = try await subscriber.subscribe("a")
      try await subscriber.wait(for: .lost(.commandTimeout))
      try await subscriber.wait(for: .confirmed("a"))
    }
  }

  @Test("asks whether a quiet Redis is there, and is content with its answer")
  func keepAlive() async throws {
    try await Self.run({ $0.commandTimeout = .milliseconds(200) }) { subscriber, server in
      _ = try await subscriber.subscribe("a")
      try await eventually(that: "it has asked three times") {
        server.commands(of: 1).count { $0 == "PING" } >= 4
      }
      #expect(try await subscriber.notes == [.connected, .confirmed("a")])
    }
  }

  /// What a server sends instead of an answer, and why the connection is given up then.
  static let faults = [
    ":1\r\n", "+OK\r\n", "!", "*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:1\r\n",
    "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$8000\r\n\(String(repeating: "x", count: 8000))\r\n",
  ]

  @Test("gives up a connection that says what it should not", arguments: faults.indices)
  func nonsense(index: Int) async throws {
    try await Self.run(answering: { command in
      command.connection == 1 && command.parts[0] == "SUBSCRIBE"
        ? .send(Self.faults[index]) : nil
    }) { subscriber, _ in
      _ = try await subscriber.subscribe("a")
      try await subscriber.wait(for: .lost(.protocolError))
      try await subscriber.wait(for: .confirmed("a"))
    }
  }

  @Test("refuses while no connection comes about, and tries again as long as something is wanted")
  func outage() async throws {
    var target = RedisTarget(address: .unix(path: "/nonexistent/redis.sock"))
    (target.shortestBackoff, target.longestBackoff) = (.milliseconds(1), .milliseconds(5))
    let subscriber = try await SubscriberHarness(target)
    let reason = "can't connect to Redis at \(target.address): No such file or directory"
    #expect(try await subscriber.subscribe("a") == [nil])
    try await subscriber.wait(for: .down(reason), times: 5)
    #expect(try await subscriber.subscribe("b") == [.unavailable(reason)])
    // Where nothing is wanted any more it rests, and the next wish wakes it.
    try await subscriber.unsubscribe("a")
    try await eventually(that: "it rests") { try await subscriber.subscribe("c") == [nil] }
    try await subscriber.close()
  }
}
