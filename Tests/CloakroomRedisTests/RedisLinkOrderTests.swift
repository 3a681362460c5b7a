import NIOCore
import Support
import Synchronization
import Testing

@testable import CloakroomRedis

/// What becomes of commands that Redis says it did not run, and of those around them.
@Suite("The order of commands on a link", .timeLimit(.minutes(2)))
struct RedisLinkOrderTests {
  typealias Command = LinkHarness.Command
  typealias Outcome = LinkHarness.Outcome

  private static let missing = "-NOSCRIPT No matching script.\r\n"
  private static let scripts = [RedisScript(source: "source", digest: "sha")]
  private static let overtaken = Outcome.failed(
    .unavailable("a later command on the same key has run before it"))

  /// A server that has forgotten its scripts once, after the greeting.
  private static func forgetful() async throws -> FakeRedis {
    let loads = Mutex<[Int: Int]>([:])
    return try await FakeRedis { command in
      switch command.parts[0] {
      case "SCRIPT":
        loads.withLock { $0[command.connection, default: 0] += 1 }
        return nil
      case "EVALSHA":
        return .send(loads.withLock { $0[command.connection] == 1 } ? missing : ":5\r\n")
      default:
        return nil
      }
    }
  }

  /// A step behind a refused one, and what becomes of the refused one.
  private static let followers: [(Command, Resend, Outcome)] = [
    (Command(.read, "GET", "other"), .write, .reply(":5")),
    (Command(.write, "SET", "other", "v"), .write, .reply(":5")),
    (Command(.read, "GET", "k"), .read, .reply(":5")),
    (Command(.read, "GET", "k"), .write, overtaken),
    (Command(.write, "SET", "k", "v"), .read, overtaken),
    (Command(.idempotentWrite, "SET", "k", "v"), .answerKeepingWrite, overtaken),
    (Command(.read, "MGET", "a", "k"), .idempotentWrite, overtaken),
    (Command(.write, "PUBLISH", "k", "m"), .write, overtaken),
    (Command(.write, "ECHO"), .write, .reply(":5")),
  ]

  @Test(
    "a script that was forgotten runs after all, unless a later command on its key has run",
    arguments: followers.indices)
  func follower(index: Int) async throws {
    let (follower, resend, expected) = Self.followers[index]
    let server = try await Self.forgetful()
    try await LinkHarness.with(server.target(), scripts: Self.scripts) { link async throws in
      try await link.becomeReady()
      let outcomes = await link.submit([
        Command(resend, "EVALSHA", "sha", "1", "k", "other"), follower,
      ])
      #expect(outcomes.first == expected)
      let again = ["SCRIPT LOAD source", "EVALSHA sha 1 k other"]
      #expect(
        server.commandsAfterGreeting(of: 1)
          == ["EVALSHA sha 1 k other", follower.parts.joined(separator: " ")]
          + (expected == Self.overtaken ? [] : again))
    }
  }

  @Test("what was refused goes first over the next connection, unless a later write may have run")
  func loss() async throws {
    let server = try await FakeRedis { command in
      guard command.connection == 1 else {
        return command.parts[0] == "EVALSHA" ? .send(":5\r\n") : nil
      }
      switch command.parts[0] {
      case "EVALSHA": return .send(Self.missing)
      case "SET": return .hangUp(after: "")
      default: return nil
      }
    }
    try await LinkHarness.with(server.target(), scripts: Self.scripts) { link async throws in
      try await link.becomeReady()
      let outcomes = await link.submit([
        Command(.write, "EVALSHA", "sha", "1", "a"), Command(.read, "EVALSHA", "sha", "1", "b"),
        Command(.idempotentWrite, "SET", "b", "1"),
      ])
      let mayBeOvertaken = Outcome.failed(
        .unavailable("a later command on the same key may have run before it"))
      #expect(outcomes == [.reply(":5"), mayBeOvertaken, .reply("+OK")])
      #expect(server.commandsAfterGreeting(of: 2) == ["EVALSHA sha 1 a", "SET b 1"])
    }
  }

  @Test(
    "a write that a replica refuses is sent again to whatever the address leads to, once",
    arguments: [
      "READONLY You can't write against a read only replica.",
      "ERR Error running script (call to f_1): @user_script:1: @user_script: 1: -READONLY You can't",
    ])
  func demotion(text: String) async throws {
    let server = try await FakeRedis { command in
      command.connection == 1 && command.parts[0] == "SET" ? .send("-\(text)\r\n") : nil
    }
    try await LinkHarness.with(server.target()) { link async throws in
      try await link.becomeReady()
      let outcomes = await link.submit([
        Command(.write, "SET", "a", "1"), Command(.read, "GET", "b"),
        Command(.write, "SET", "c", "2"),
      ])
      #expect(outcomes == [.reply("+OK"), .reply("\"v\""), .reply("+OK")])
      #expect(server.commandsAfterGreeting(of: 1) == ["SET a 1", "GET b", "SET c 2"])
      #expect(server.commandsAfterGreeting(of: 2) == ["SET a 1", "SET c 2"])
      #expect(try await link.losses(.readOnly) == 1)
      #expect(try await link.demotions() == 1)
      #expect(try await !link.ask(\.isReadOnly))
    }
  }

  @Test("a replica for good is not connected to for every write, and its reads go on")
  func replica() async throws {
    let server = try await FakeRedis { command in
      command.parts[0] == "SET" ? .send("-READONLY You can't write.\r\n") : nil
    }
    let target = try server.target {
      ($0.shortestBackoff, $0.longestBackoff) = (.hours(1), .hours(1))
    }
    try await LinkHarness.with(target) { link async throws in
      for _ in 0..<20 {
        let outcomes = await link.submit([
          Command(.write, "SET", "a", "1"), Command(.read, "GET", "b"),
        ])
        #expect(outcomes == [.failed(.readOnly), .reply("\"v\"")])
      }
      #expect(try await link.losses(.readOnly) == 1)
      #expect(try await link.ask(\.isReadOnly))
    }
  }

  @Test("a command that was not sent is let go without being done, one that was sent is not")
  func withdrawal() async throws {
    let server = try await FakeRedis {
      $0.parts[0] == "PING" && $0.connection == 1 ? .send("") : nil
    }
    try await LinkHarness.with(server.target { $0.connectTimeout = .milliseconds(300) }) {
      link async throws in
      // The first connection never greets back: nothing is sent.
      async let outcomes = link.submit([
        Command(.write, "DEL", "a"), Command(.write, "DEL", "b"), Command(.write, "DEL", "c"),
      ])
      try await eventually(that: "they wait") { try await link.ask(\.inFlightCount) == 3 }
      #expect(try await link.ask { $0.withdraw(ticket: 2, since: $0.sendings) })
      _ = await outcomes
      let before = try await link.ask(\.sendings)
      try await eventually(that: "it writes") {
        await link.submit(.write, "DEL", "d") == .reply("+OK")
      }
      #expect(try await link.ask { !$0.withdraw(ticket: 4, since: before) })
    }
  }

  @Test("a command of which too small a size was said is sent whole")
  func underestimate() async throws {
    let server = try await FakeRedis()
    try await LinkHarness.with(server.target()) { link async throws in
      let value = String(repeating: "x", count: 100_000)
      let outcomes = await link.submit(
        [
          Command(.write, "SET", "a", value), Command(.read, "GET", "a"),
          Command(.write, "SET", "b", value),
        ], saying: 0)
      #expect(outcomes == [.reply("+OK"), .reply("\"v\""), .reply("+OK")])
      #expect(server.commandsAfterGreeting(of: 1) == ["SET a \(value)", "GET a", "SET b \(value)"])
    }
  }
}
