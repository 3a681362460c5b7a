import Logging
import NIOCore
import NIOEmbedded
import Support
import Testing

@testable import CloakroomRedis

@Suite("A link to Redis", .timeLimit(.minutes(1)))
struct RedisLinkTests {
  typealias Command = LinkHarness.Command

  @Test("greets before the first command, and keeps those that come meanwhile in order")
  func greeting() async throws {
    let server = try await FakeRedis()
    let script = RedisScript(source: "return 1", digest: "sha")
    try await LinkHarness.with(server.target(), scripts: [script]) { link async throws in
      let outcomes = await link.submit([
        Command(.read, "GET", "a"), Command(.write, "DEL", "b"),
        Command(.idempotentWrite, "SET", "c", ""),
      ])
      #expect(outcomes == [.reply("\"v\""), .reply("+OK"), .reply("+OK")])
      #expect(try await link.ask(\.downReason) == nil)
      #expect(try await link.ask(\.inFlightCount) == 0)
      #expect(
        server.commands(of: 1) == [
          "CLIENT SETNAME cloakroom", "CLIENT ID", "INFO",
          "SCRIPT LOAD return 1", "PING", "GET a", "DEL b", "SET c ",
        ])
    }
  }

  @Test("refuses what would be one command too many, and counts it")
  func commandLimit() async throws {
    let server = try await FakeRedis { $0.parts[0] == "GET" ? .send("") : nil }
    try await LinkHarness.with(server.target { $0.inFlightCommands = 2 }) { link async throws in
      async let outcomes = link.submit(Array(repeating: Command(.read, "GET", "a"), count: 5))
      try await eventually(that: "three were refused") {
        try await link.ask(\.counters.refused) == 3
      }
      #expect(try await link.ask(\.inFlightCount) == 2)
      try await link.close()
      let stopped = LinkHarness.Outcome.failed(.unavailable("the sidecar is stopping"))
      #expect(
        await outcomes
          == [stopped, stopped] + Array(repeating: .failed(.full), count: 3))
    }
  }

  @Test("refuses what comes when too many bytes wait, and takes more once they are answered")
  func byteLimit() async throws {
    let server = try await FakeRedis()
    try await LinkHarness.with(server.target { $0.inFlightBytes = 100 }) { link async throws in
      let value = String(repeating: "x", count: 40)
      for _ in 0..<3 {
        let outcomes = await link.submit(
          Array(repeating: Command(.write, "SET", "k", value), count: 3))
        #expect(outcomes == [.reply("+OK"), .reply("+OK"), .failed(.full)])
      }
      #expect(try await link.ask(\.counters.refused) == 3)
    }
  }

  @Test("fails what waits when it is let go: a write that was sent may have run")
  func letGo() async throws {
    let server = try await FakeRedis { $0.parts[0] == "PING" ? nil : .send("") }
    try await LinkHarness.with(server.target()) { link async throws in
      // Never greeted back, so nothing is sent.
      async let outcomes = link.submit([
        Command(.read, "GET", "a"), Command(.write, "SET", "a", ""),
      ])
      try await eventually(that: "they wait") { try await link.ask(\.inFlightCount) == 2 }
      try await link.close()
      let stopped = LinkHarness.Outcome.failed(.unavailable("the sidecar is stopping"))
      #expect(await outcomes == [stopped, stopped])
    }
    let silent = try await FakeRedis { $0.parts.last == "k" ? .send("") : nil }
    try await LinkHarness.with(silent.target()) { link async throws in
      async let outcomes = link.submit([
        Command(.read, "GET", "k"), Command(.write, "DEL", "k"),
        Command(.idempotentWrite, "TOUCH", "k"),
      ])
      try await eventually(that: "they are sent") { silent.commandsAfterGreeting(of: 1).count == 3 }
      try await link.close()
      #expect(
        await outcomes == [
          .failed(.unavailable("the sidecar is stopping")), .failed(.outcomeUnknown),
          .failed(.outcomeUnknown),
        ])
      #expect(try await !link.ask(\.isReady))
    }
  }

  @Test("has Redis keep its scripts again when it has forgotten them, and asks eight times at most")
  func forgottenScript() async throws {
    let missing = "-NOSCRIPT No matching script.\r\n"
    let server = try await FakeRedis { command in
      // Forgotten until it is loaded once more than in the greeting.
      guard command.parts[0] == "EVALSHA" else { return nil }
      return .send(command.parts[2] == "first" ? missing : ":5\r\n")
    }
    let scripts = ["a", "b"].map { RedisScript(source: $0, digest: $0) }
    try await LinkHarness.with(server.target(), scripts: scripts) { link async throws in
      // One that is never there is answered so in the end.
      #expect(
        await link.submit(.write, "EVALSHA", "a", "first")
          == .reply("-NOSCRIPT No matching script."))
      #expect(
        server.commandsAfterGreeting(of: 1) == ["EVALSHA a first"]
          + Array(
            repeating: ["SCRIPT LOAD a", "SCRIPT LOAD b", "EVALSHA a first"], count: 8
          ).joined())
      #expect(try await link.ask(\.counters.resent) == 8)
      #expect(await link.submit(.write, "EVALSHA", "a", "second") == .reply(":5"))
      #expect(try await link.ask(\.counters.resent) == 8)
      #expect(try await link.ask(\.inFlightCount) == 0)
    }
  }

  @Test("hears nothing from a connection that it has discarded")
  func discarded() throws {
    let loop = EmbeddedEventLoop()
    let owner = ConnectionNotes()
    let connection = try #require(
      RedisConnection(on: loop, to: RedisTarget(address: .unix(path: "/nowhere")), owner: owner))
    connection.discard()
    let channel = EmbeddedChannel(handler: connection, loop: loop)
    try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    #expect(channel.isActive)
    try channel.writeInbound(ByteBuffer(string: "+late\r\n?"))
    channel.isWritable = true
    channel.pipeline.fireChannelWritabilityChanged()
    channel.pipeline.fireErrorCaught(ChannelError.ioOnClosedChannel)
    #expect(owner.count == 0)
    #expect(!channel.isActive)
  }
}
