import NIOCore
import Support
import Testing

@testable import CloakroomRedis

@Suite("A link that is kept waiting", .timeLimit(.minutes(1)))
struct RedisLinkPatienceTests {
  typealias Command = LinkHarness.Command

  @Test("stays as long as bytes arrive, however long a reply takes")
  func trickle() async throws {
    let pieces = ["$20\r\n"] + (0..<20).map { _ in "x" } + ["\r\n"]
    let server = try await FakeRedis { command in
      command.parts[0] == "GET" ? .trickle(pieces, pause: .milliseconds(60)) : nil
    }
    let target = try server.target { $0.commandTimeout = .milliseconds(400) }
    try await LinkHarness.with(target) { link async throws in
      try await link.becomeReady()
      let value = String(repeating: "x", count: 20)
      #expect(await link.submit(.read, "GET", "k") == .reply("\"\(value)\""))
      #expect(try await link.losses(.commandTimeout) == 0)
    }
  }

  @Test("goes when a reply is ten times as late, though bytes still arrive")
  func tooLate() async throws {
    let server = try await FakeRedis { command in
      command.connection == 1 && command.parts[0] == "GET"
        ? .trickle(["$1000\r\n"] + (0..<900).map { _ in "x" }, pause: .milliseconds(10)) : nil
    }
    let target = try server.target { $0.commandTimeout = .milliseconds(100) }
    try await LinkHarness.with(target) { link async throws in
      try await link.becomeReady()
      #expect(await link.submit(.read, "GET", "k") == RedisLinkLossTests.late)
      #expect(try await link.losses(.commandTimeout) == 1)
    }
  }

  @Test("takes no stall of its own loop for Redis' silence")
  func stall() async throws {
    let server = try RedisServer()
    let target = RedisLinkServerTests.target(server) { $0.commandTimeout = .milliseconds(100) }
    try await LinkHarness.with(target) { link async throws in
      try await link.becomeReady()
      for _ in 0..<5 {
        async let outcome = link.submit(.write, "INCR", "n")
        // It is under way, or still to be sent; the answer is there before the loop looks.
        _ = try await link.ask { _ in
          let end = NIODeadline.now() + .milliseconds(300)
          while NIODeadline.now() < end {}
        }
        _ = await outcome
      }
      #expect(await link.submit(.read, "GET", "n") == .reply("\"5\""))
      #expect(try await link.losses(.commandTimeout) == 0)
    }
  }

  @Test("tells a command that nothing was done where it was not sent in time, and stays")
  func unsent() async throws {
    let server = try RedisServer()
    let relay = try CuttingProxy(to: server.socketPath)
    let target = RedisLinkServerTests.target(server) {
      $0.address = .unix(path: relay.path)
      $0.commandTimeout = .milliseconds(400)
    }
    try await LinkHarness.with(target) { link async throws in
      try await link.becomeReady()
      relay.throttle(to: 8000, each: .milliseconds(5))
      let value = String(repeating: "x", count: 600_000)
      let commands = (0..<6).map { Command(.write, "APPEND", "k\($0)", value) }
      let outcomes = await link.submit(commands)
      #expect(outcomes.first == .reply(":600000"))
      let unsent = LinkHarness.Outcome.failed(.unavailable("Redis has not taken it in time"))
      #expect(outcomes.last == unsent)
      relay.throttle(to: nil)
      // Whatever was said not to be done is not.
      for (place, outcome) in outcomes.enumerated() {
        let length = await link.submit(.read, "STRLEN", "k\(place)")
        #expect(length == .reply(outcome == unsent ? ":0" : ":600000"))
      }
      #expect(try await link.losses(.commandTimeout) == 0)
    }
  }

  @Test("is given up in time when Redis stands still, though more and more is asked of it")
  func frozen() async throws {
    let server = try RedisServer()
    let target = RedisLinkServerTests.target(server) { $0.commandTimeout = .milliseconds(400) }
    try await LinkHarness.with(target) { link async throws in
      try await link.becomeReady()
      server.pause()
      let start = ContinuousClock.now
      async let first = link.submit(.read, "GET", "k")
      while try await link.losses(.commandTimeout) == 0, ContinuousClock.now - start < .seconds(20)
      {
        async let _ = link.submit(.read, "GET", "k")
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(await first == RedisLinkLossTests.late)
      #expect(ContinuousClock.now - start < .seconds(3))
      server.resume()
      try await eventually(that: "it answers again") {
        await link.submit(.read, "GET", "k") == .reply("nil")
      }
    }
  }
}
