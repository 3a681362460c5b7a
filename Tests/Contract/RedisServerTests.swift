import Support
import Testing

@Suite("A Redis server for tests", .timeLimit(.minutes(1)))
struct RedisServerTests {
  @Test("keeps values until it is killed, and comes back empty on the same socket")
  func restart() throws {
    let server = try RedisServer()
    #expect(try server.command(["SET", "key", "two words"]) == "OK")
    #expect(try server.command(["GET", "key"]) == "two words")
    let path = server.socketPath
    server.kill()
    #expect(throws: RedisServer.Failure.self) { try server.command(["PING"]) }
    try server.restart()
    #expect(server.socketPath == path)
    #expect(try server.command(["EXISTS", "key"]) == "0")
  }

  @Test("takes arguments, and a password as well")
  func arguments() throws {
    let server = try RedisServer(arguments: ["--requirepass", "open sesame", "--maxmemory", "3mb"])
    #expect(try server.command(["CONFIG", "GET", "maxmemory"]) == "maxmemory\n3145728")
    #expect(throws: RedisServer.Failure.self) { try server.command(["NOSUCHCOMMAND"]) }
  }

  @Test("listens on a TCP port when asked to")
  func port() throws {
    let server = try RedisServer(tcp: true)
    let port = try #require(server.port)
    #expect(try server.command(["CONFIG", "GET", "port"]) == "port\n\(port)")
  }

  @Test("is there again after a pause, and can be killed in one")
  func pause() throws {
    let server = try RedisServer()
    server.pause()
    server.resume()
    #expect(try server.command(["PING"]) == "PONG")
    server.pause()
    server.kill()
    try server.restart()
    #expect(try server.command(["PING"]) == "PONG")
  }

  @Test("fails to start, and leaves nothing, with arguments that make no sense")
  func failure() {
    #expect(throws: RedisServer.Failure.self) { try RedisServer(arguments: ["--no-such-option"]) }
  }
}
