import NIOCore
import Support
import Testing

@testable import CloakroomRedis

@Suite("A link that gets no connection", .timeLimit(.minutes(1)))
struct RedisLinkOutageTests {
  typealias Command = LinkHarness.Command
  typealias Outcome = LinkHarness.Outcome

  @Test("fails what waited, refuses at once from then on, and says why")
  func nobodyThere() async throws {
    var target = RedisTarget(address: .unix(path: "/nonexistent/redis.sock"))
    (target.shortestBackoff, target.longestBackoff) = (.milliseconds(1), .milliseconds(5))
    try await LinkHarness.with(target) { link async throws in
      let reason = "can't connect to Redis at \(target.address): No such file or directory"
      for resend in [Resend.read, .write, .idempotentWrite] {
        // Nothing was sent, so nothing was done.
        #expect(await link.submit(resend, "SET", "k", "v") == .failed(.unavailable(reason)))
      }
      #expect(try await link.ask(\.downReason) == reason)
      try await eventually(that: "it tries again") { try await link.losses(.connectFailed) >= 5 }
    }
  }

  @Test("comes back by itself once Redis is there")
  func comesBack() async throws {
    let server = try await FakeRedis { command in
      command.connection <= 3 ? .hangUp(after: "") : nil
    }
    try await LinkHarness.with(server.target()) { link async throws in
      try await link.becomeReady()
      #expect(try await link.losses(.closed) == 3)
      #expect(try await link.ask(\.downReason) == nil)
      #expect(await link.submit(.write, "SET", "k", "v") == .reply("+OK"))
    }
  }

  @Test("does not wait for ever for a server that takes the connection and does not greet")
  func silence() async throws {
    let server = try await FakeRedis { _ in .send("") }
    let target = try server.target { $0.connectTimeout = .milliseconds(50) }
    try await LinkHarness.with(target) { link async throws in
      let reason = "Redis at \(target.address) does not answer"
      #expect(await link.submit(.write, "SET", "k", "v") == .failed(.unavailable(reason)))
      try await eventually(that: "it tries again") { try await link.losses(.connectFailed) >= 3 }
    }
  }

  /// What a server says to AUTH, and what may be said of it.
  static let refusals = [
    ("-WRONGPASS invalid password", "WRONGPASS invalid password"),
    (
      "-ERR unknown command 'AUTH', with args beginning with: 's3cret' ",
      "ERR unknown command 'AUTH'"
    ),
    ("-ERR max number of clients reached", "ERR max number of clients reached"),
  ]

  @Test("says how Redis refuses it, without the password", arguments: refusals)
  func refused(line: String, reason: String) async throws {
    let server = try await FakeRedis { command in
      command.parts[0] == "AUTH" ? .hangUp(after: line + "\r\n") : nil
    }
    try await LinkHarness.with(server.target { $0.password = "s3cret" }) { link async throws in
      let outcome = await link.submit(.read, "GET", "k")
      #expect(outcome == .failed(.unavailable("Redis refused the connection: \(reason)")))
      #expect(try await link.losses(.greetingRefused) >= 1)
    }
  }

  @Test("fails commands whose time has passed while it waits for a connection, and only those")
  func impatient() async throws {
    let server = try await FakeRedis { command in
      if command.connection == 1, command.parts[0] == "GET" { return .hangUp(after: "") }
      return command.connection > 1 ? .send("") : nil
    }
    let target = try server.target { $0.commandTimeout = .milliseconds(200) }
    try await LinkHarness.with(target) { link async throws in
      try await link.becomeReady()
      let outcomes = await link.submit([
        Command(.read, "GET", "k"), Command(.idempotentWrite, "SET", "k", "v"),
      ])
      #expect(
        outcomes
          == [.failed(.unavailable("Redis did not answer in time")), .failed(.outcomeUnknown)])
      #expect(try await link.ask(\.inFlightCount) == 0)
    }
  }
}
