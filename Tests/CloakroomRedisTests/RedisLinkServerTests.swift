import NIOCore
import Support
import Testing

@testable import CloakroomRedis

/// What only a real server can show.
@Suite("A link to a real Redis", .timeLimit(.minutes(1)))
struct RedisLinkServerTests {
  typealias Command = LinkHarness.Command
  typealias Outcome = LinkHarness.Outcome

  static func target(
    _ server: RedisServer, _ configure: (inout RedisTarget) -> Void = { _ in }
  ) -> RedisTarget {
    var target = RedisTarget(address: .unix(path: server.socketPath))
    (target.connectTimeout, target.commandTimeout) = (.seconds(20), .seconds(20))
    (target.shortestBackoff, target.longestBackoff) = (.milliseconds(1), .milliseconds(10))
    configure(&target)
    return target
  }

  /// The number in a reply that is an integer.
  static func integer(_ outcome: Outcome) -> Int? {
    guard case .reply(let text) = outcome, text.first == ":" else { return nil }
    return Int(text.dropFirst())
  }

  /// The number in a reply that is a string.
  static func number(_ outcome: Outcome?) -> Int? {
    guard case .reply(let text) = outcome else { return nil }
    return Int(text.filter { $0 != "\"" })
  }

  @Test("gets the replies to thousands of commands at once, each to its own, in their order")
  func pipelining() async throws {
    let server = try RedisServer()
    try await LinkHarness.with(Self.target(server)) { link async throws in
      let count = 3000
      let commands = (1...count).flatMap { number in
        [Command(.write, "INCR", "n"), Command(.read, "ECHO", "\(number)\r\n")]
      }
      let outcomes = await link.submit(commands)
      let expected = (1...count).flatMap { number -> [Outcome] in
        [.reply(":\(number)"), .reply("\"\(number)\r\n\"")]
      }
      #expect(outcomes == expected)
      #expect(try await link.endings() == Array(0..<2 * count))
    }
  }

  @Test("carries values that are larger than any buffer on the way, both ways at once")
  func largeValues() async throws {
    let server = try RedisServer()
    try await LinkHarness.with(Self.target(server)) { link async throws in
      let values = (0..<4).map { String(repeating: "\($0)", count: 3_000_000 + $0) }
      let writes = values.enumerated().map { Command(.idempotentWrite, "SET", "k\($0)", $1) }
      let reads = values.indices.map { Command(.read, "GET", "k\($0)") }
      let outcomes = await link.submit(writes + reads + writes + reads)
      let once = values.map { _ in Outcome.reply("+OK") } + values.map { .reply("\"\($0)\"") }
      #expect(outcomes == once + once)
    }
  }

  @Test("runs a script that Redis has forgotten")
  func forgottenScript() async throws {
    let server = try RedisServer()
    let source = "return redis.call('INCRBY', KEYS[1], ARGV[1])"
    let digest = try server.command(["SCRIPT", "LOAD", source])
    let script = RedisScript(source: source, digest: digest)
    try await LinkHarness.with(Self.target(server), scripts: [script]) { link async throws in
      for round in 1...3 {
        #expect(
          await link.submit(.write, "EVALSHA", digest, "1", "n", "5") == .reply(":\(round * 5)"))
        #expect(try await link.ask(\.counters.resent) == UInt64(round - 1))
        #expect(await link.submit(.write, "SCRIPT", "FLUSH") == .reply("+OK"))
      }
    }
  }

  @Test("counts right, and says when it can't know, though its connection is killed all the time")
  func killedWrites() async throws {
    let server = try RedisServer()
    let killer = Self.target(server) { $0.clientName = "killer" }
    try await LinkHarness.with(killer) { killer async throws in
      try await LinkHarness.with(Self.target(server)) { link async throws in
        // Whatever is killed before it has run: one has.
        #expect(await link.submit(.write, "INCR", "n") == .reply(":1"))
        var replied = 1
        var unknown = 0
        var last = 1
        for _ in 0..<30 {
          try await link.becomeReady()
          async let killed = killer.submit(.write, "CLIENT", "KILL", "TYPE", "normal")
          for outcome in await link.submit(
            Array(repeating: Command(.write, "INCR", "n"), count: 100))
          {
            if let value = Self.integer(outcome) {
              #expect(value > last)
              last = value
              replied += 1
            } else {
              // Not sent yet is as good an end as any, but none was answered with a failure of Redis.
              guard case .failed(let failure) = outcome else {
                Issue.record("\(outcome)")
                continue
              }
              if failure == .outcomeUnknown { unknown += 1 }
            }
          }
          _ = await killed
        }
        try await eventually(that: "it was killed") { try await link.losses(.closed) > 0 }
        try await link.becomeReady()
        let outcome = await link.submit(.read, "GET", "n")
        let count = try #require(Self.number(outcome), "\(outcome)")
        #expect(count >= replied)
        #expect(count <= replied + unknown)
      }
    }
  }

  @Test(
    "never leaves an older value behind a newer one, though its connection is killed all the time")
  func killedIdempotentWrites() async throws {
    let server = try RedisServer()
    let killer = Self.target(server) { $0.clientName = "killer" }
    try await LinkHarness.with(killer) { killer async throws in
      try await LinkHarness.with(Self.target(server)) { link async throws in
        var next = 0
        for _ in 0..<30 {
          try await link.becomeReady()
          async let killed = killer.submit(.write, "CLIENT", "KILL", "TYPE", "normal")
          var commands: [Command] = []
          for _ in 0..<100 {
            next += 1
            commands.append(Command(.idempotentWrite, "SET", "k", "\(next)"))
            commands.append(Command(.read, "GET", "k"))
          }
          let outcomes = await link.submit(commands)
          #expect(await killed != nil)
          // A connection is lost once in a round at most, and everything is sent twice at most.
          let reads = stride(from: 1, to: outcomes.count, by: 2).map { Self.number(outcomes[$0]) }
          #expect(reads == Array(next - 99...next))
          #expect(Self.number(await link.submit(.read, "GET", "k")) == next)
        }
        try await eventually(that: "it was killed") { try await link.losses(.closed) > 0 }
      }
    }
  }

  @Test("is refused while Redis is gone, and speaks to the next one as soon as it is there")
  func restart() async throws {
    let server = try RedisServer()
    try await LinkHarness.with(Self.target(server)) { link async throws in
      for _ in 0..<2 {
        try await eventually(that: "it writes") {
          await link.submit(.idempotentWrite, "SET", "k", "v") == .reply("+OK")
        }
        server.kill()
        try await eventually(that: "it is refused") {
          guard case .failed(.unavailable) = await link.submit(.read, "GET", "k") else {
            return false
          }
          return true
        }
        try server.restart()
        // Another run, which knows nothing.
        try await eventually(that: "it reads") {
          await link.submit(.read, "GET", "k") == .reply("nil")
        }
      }
    }
  }

  @Test("says that a write's outcome is unknown when Redis stands still, and goes on when it does")
  func standstill() async throws {
    let server = try RedisServer()
    let target = Self.target(server) {
      ($0.commandTimeout, $0.connectTimeout) = (.milliseconds(200), .milliseconds(200))
    }
    try await LinkHarness.with(target) { link async throws in
      try await link.becomeReady()
      server.pause()
      let outcomes = await link.submit([
        Command(.read, "GET", "n"), Command(.write, "INCR", "n"),
      ])
      server.resume()
      #expect(outcomes.first == .failed(.unavailable("Redis did not answer in time")))
      #expect(outcomes.last == .failed(.outcomeUnknown))
      #expect(try await link.losses(.commandTimeout) == 1)
      try await eventually(that: "it answers again") {
        await link.submit(.idempotentWrite, "SET", "n", "7") == .reply("+OK")
      }
      // The INCR, if it ran at all, ran before: the connection that it was sent over is gone.
      #expect(await link.submit(.read, "GET", "n") == .reply("\"7\""))
    }
  }

  @Test("is let in with the right password only, and says nothing of the wrong one")
  func passwords() async throws {
    let server = try RedisServer(arguments: ["--requirepass", "open sesame"])
    let right = Self.target(server) { $0.password = "open sesame" }
    try await LinkHarness.with(right) { link async throws in
      #expect(await link.submit(.read, "PING") == .reply("+PONG"))
    }
    for wrong in ["0pen s3same", ""] {
      try await LinkHarness.with(Self.target(server) { $0.password = wrong }) { link async throws in
        let reason = "WRONGPASS invalid username-password pair or user is disabled."
        let outcome = await link.submit(.read, "PING")
        #expect(
          outcome == .failed(.unavailable("Redis refused the connection: \(reason)"))
            || (wrong.isEmpty
              && outcome == .failed(.unavailable("Redis refused the connection: WRONGPASS")))
        )
      }
    }
    try await LinkHarness.with(Self.target(server)) { link async throws in
      let outcome = await link.submit(.read, "PING")
      let reason = "Redis refused the connection: NOAUTH Authentication required."
      #expect(outcome == .failed(.unavailable(reason)))
    }
  }

  @Test("works for a user who may do little, and answers what it may not do as Redis does")
  func restrictedUser() async throws {
    let server = try RedisServer()
    let rules = ["on", ">pw", "~app:*", "+ping", "+get", "+set", "+select"]
    _ = try server.command(["ACL", "SETUSER", "app"] + rules)
    let target = Self.target(server) {
      ($0.username, $0.password, $0.database) = ("app", "pw", 2)
    }
    try await LinkHarness.with(target) { link async throws in
      #expect(await link.submit(.idempotentWrite, "SET", "app:k", "v") == .reply("+OK"))
      #expect(try server.command(["-n", "2", "GET", "app:k"]) == "v")
      for parts in [("GET", "other:k"), ("DEL", "app:k")] {
        guard case .reply(let text) = await link.submit(.write, parts.0, parts.1) else {
          Issue.record("no reply")
          continue
        }
        #expect(text.hasPrefix("-NOPERM "))
      }
    }
  }
}
