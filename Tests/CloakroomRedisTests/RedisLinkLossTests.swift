import NIOCore
import Support
import Testing

@testable import CloakroomRedis

@Suite("A link that loses its connection", .timeLimit(.minutes(1)))
struct RedisLinkLossTests {
  typealias Command = LinkHarness.Command
  typealias Outcome = LinkHarness.Outcome

  /// One of each kind, all about the key `k`.
  static let oneOfEach = [
    Command(.read, "GET", "k"), Command(.write, "INCR", "k"),
    Command(.idempotentWrite, "SET", "v", "k"), Command(.read, "TYPE", "k"),
  ]

  static let lost = Outcome.failed(.unavailable("the connection to Redis was lost"))
  static let late = Outcome.failed(.unavailable("Redis did not answer in time"))

  /// A server that hangs up on the first GET of each of the first connections.
  static func server(
    hangingUpOn connections: Int, after text: String,
    else answer: @escaping @Sendable (FakeRedis.Command) -> FakeRedis.Answer? = { _ in nil }
  ) async throws -> FakeRedis {
    try await FakeRedis { command in
      if command.connection <= connections, command.parts[0] == "GET" {
        return .hangUp(after: text)
      }
      return answer(command)
    }
  }

  @Test(
    "sends reads and idempotent writes again in their order, and never another write",
    arguments: ["", "$", "$10\r\n", "$10\r\nabc", "$3\r\nabc", "*2\r\n:1\r\n"])
  func cut(after text: String) async throws {
    let server = try await Self.server(hangingUpOn: 1, after: text)
    try await LinkHarness.with(server.target()) { link async throws in
      try await link.becomeReady()
      let outcomes = await link.submit(Self.oneOfEach)
      #expect(
        outcomes == [.reply("\"v\""), .failed(.outcomeUnknown), .reply("+OK"), .reply("+OK")])
      #expect(server.commandsAfterGreeting(of: 2) == ["GET k", "SET v k", "TYPE k"])
      // What the lost connection had not read can't run behind what was sent again.
      #expect(server.commands(of: 2).contains("CLIENT KILL ID 1"))
      #expect(try await link.ask(\.counters.resent) == 3)
      #expect(try await link.losses(.closed) == 1)
      #expect(try await link.ask(\.inFlightCount) == 0)
    }
  }

  @Test("sends nothing a third time")
  func cutTwice() async throws {
    let server = try await Self.server(hangingUpOn: 2, after: "$9\r\n")
    try await LinkHarness.with(server.target()) { link async throws in
      try await link.becomeReady()
      let outcomes = await link.submit(Self.oneOfEach)
      #expect(
        outcomes == [Self.lost, .failed(.outcomeUnknown), .failed(.outcomeUnknown), Self.lost])
      #expect(await link.submit(.read, "GET", "k") == .reply("\"v\""))
      #expect(server.commandsAfterGreeting(of: 3) == ["GET k"])
      #expect(try await link.losses(.closed) == 2)
    }
  }

  @Test("answers what came before the cut, and loses nothing that was not sent")
  func answeredBefore() async throws {
    let server = try await Self.server(hangingUpOn: 1, after: "")
    try await LinkHarness.with(server.target()) { link async throws in
      try await link.becomeReady()
      let before = Array(repeating: Command(.write, "INCR", "k"), count: 50)
      let outcomes = await link.submit(before + [Command(.read, "GET", "k")])
      #expect(outcomes == Array(repeating: .reply("+OK"), count: 50) + [.reply("\"v\"")])
      #expect(server.commandsAfterGreeting(of: 2) == ["GET k"])
    }
  }

  @Test("sends no write again when the lost connection could still run it")
  func unfenced() async throws {
    let server = try await Self.server(hangingUpOn: 1, after: "") { command in
      command.parts[1...].first == "KILL" ? .send("-NOPERM no permissions\r\n") : nil
    }
    try await LinkHarness.with(server.target()) { link async throws in
      try await link.becomeReady()
      let outcomes = await link.submit(Self.oneOfEach)
      #expect(
        outcomes
          == [.reply("\"v\""), .failed(.outcomeUnknown), .failed(.outcomeUnknown), .reply("+OK")])
      #expect(server.commandsAfterGreeting(of: 2) == ["GET k", "TYPE k"])
    }
  }

  @Test("sends a write that keeps its answer again even then, but not a third time")
  func recorded() async throws {
    let commands = [
      Command(.read, "GET", "k"), Command(.answerKeepingWrite, "EVALSHA", "k"),
      Command(.idempotentWrite, "SET", "v", "k"),
    ]
    let unknown = Outcome.failed(.outcomeUnknown)
    for (cuts, expected) in [
      (1, [.reply("\"v\""), .reply("+OK"), unknown]), (2, [Self.lost, unknown, unknown]),
    ] {
      let server = try await Self.server(hangingUpOn: cuts, after: "") { command in
        command.parts[1...].first == "KILL" ? .send("-NOPERM no permissions\r\n") : nil
      }
      try await LinkHarness.with(server.target()) { link async throws in
        try await link.becomeReady()
        #expect(await link.submit(commands) == expected)
        #expect(!server.commandsAfterGreeting(of: 3).contains("EVALSHA k"))
      }
    }
  }

  @Test("kills nobody's connection when it is another run of the server that it finds")
  func otherRun() async throws {
    let server = try await Self.server(hangingUpOn: 1, after: "") { command in
      guard command.parts[0] == "INFO" else { return nil }
      return .send(RedisGreetingTests.info(run: "run-\(command.connection)") + "\r\n")
    }
    try await LinkHarness.with(server.target()) { link async throws in
      try await link.becomeReady()
      let outcomes = await link.submit(Self.oneOfEach)
      #expect(
        outcomes == [.reply("\"v\""), .failed(.outcomeUnknown), .reply("+OK"), .reply("+OK")])
      #expect(!server.commands(of: 2).contains { $0.hasPrefix("CLIENT KILL") })
    }
  }

  @Test("puts what a failure leads to behind what is sent again")
  func submittedByFailure() async throws {
    let server = try await Self.server(hangingUpOn: 1, after: "")
    try await LinkHarness.with(server.target()) { link async throws in
      try await link.becomeReady()
      try await link.afterNextFailure(submit: Command(.write, "SET", "late", "k"))
      _ = await link.submit(Self.oneOfEach)
      try await eventually(that: "all were sent") { server.commandsAfterGreeting(of: 2).count == 4 }
      #expect(server.commandsAfterGreeting(of: 2) == ["GET k", "SET v k", "TYPE k", "SET late k"])
    }
  }

  @Test("gives up a connection that answers nothing in time, and all that waits on it")
  func timeout() async throws {
    let server = try await FakeRedis { command in
      command.connection == 1 && command.parts.last == "k" ? .send("") : nil
    }
    let target = try server.target { $0.commandTimeout = .milliseconds(300) }
    try await LinkHarness.with(target) { link async throws in
      try await link.becomeReady()
      let outcomes = await link.submit(Self.oneOfEach)
      #expect(
        outcomes == [Self.late, .failed(.outcomeUnknown), .failed(.outcomeUnknown), Self.late])
      #expect(try await link.losses(.commandTimeout) == 1)
      try await eventually(that: "it answers again") {
        await link.submit(.read, "GET", "k") == .reply("\"v\"")
      }
      #expect(server.commands(of: 2).contains("CLIENT KILL ID 1"))
      #expect(!server.commandsAfterGreeting(of: 2).contains("INCR k"))
    }
  }

  @Test(
    "gives up a connection that sends what is not RESP2, or not asked for",
    arguments: ["?\r\n", "$x\r\n", "%1\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"])
  func nonsense(text: String) async throws {
    let server = try await FakeRedis { command in
      command.connection == 1 && command.parts[0] == "GET" ? .send(text) : nil
    }
    try await LinkHarness.with(server.target()) { link async throws in
      try await link.becomeReady()
      let outcomes = await link.submit(Self.oneOfEach)
      #expect(
        outcomes == [.reply("\"v\""), .failed(.outcomeUnknown), .reply("+OK"), .reply("+OK")])
      #expect(try await link.losses(.protocolError) == 1)
    }
  }

  @Test("takes no unasked reply for an answer, nor what follows it")
  func unasked() async throws {
    let server = try await FakeRedis { command in
      command.connection == 1 && command.parts[0] == "GET"
        ? .send("$1\r\na\r\n+b\r\n+c\r\n+d\r\n") : nil
    }
    try await LinkHarness.with(server.target()) { link async throws in
      try await link.becomeReady()
      #expect(await link.submit(.read, "GET", "k") == .reply("\"a\""))
      try await eventually(that: "it was given up") { try await link.losses(.protocolError) == 1 }
      #expect(await link.submit(.read, "GET", "k") == .reply("\"v\""))
      #expect(try await link.losses(.protocolError) == 1)
    }
  }
}
