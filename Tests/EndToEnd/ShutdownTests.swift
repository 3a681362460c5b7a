internal import Glibc
internal import Support
internal import Testing

@Suite("Stopping", .timeLimit(.minutes(2)))
struct ShutdownTests {
  @Test("closes connections that have nothing under way", arguments: [SIGTERM, SIGINT])
  func idle(_ signal: Int32) throws {
    let sidecar = try Daemon()
    let client = try sidecar.client()
    #expect(try client.call("system.ping").result != nil)
    let half = try sidecar.client()
    try half.send(#"{"jsonrpc":"2.0","id":1,"#)
    sidecar.process.signal(signal)
    #expect(try client.readToEnd() == "")
    #expect(try half.readToEnd() == "")
    #expect(sidecar.process.waitForExit(within: .seconds(10)) == .status(0))
  }

  /// A sidecar whose Redis has fallen silent, with a write under way.
  private static func waiting(
    _ redis: RedisServer, _ options: [String]
  ) throws -> (sidecar: Daemon, client: LineClient) {
    let sidecar = try Daemon(
      ["--redis", "unix://" + redis.socketPath, "--set", "store.commandTimeout=30s"] + options)
    let client = try sidecar.client()
    let isUp = try eventually { try client.call("kv.exists", #"{"key":"k"}"#).result != nil }
    #expect(isUp)
    redis.pause()
    try client.send(LineClient.request("kv.set", #"{"key":"k","value":"late"}"#, id: 7))
    #expect(eventually { client.isTaken })
    return (sidecar, client)
  }

  @Test("finishes what is under way, takes nothing new, and ends with 0")
  func drain() throws {
    let redis = try RedisServer()
    let (sidecar, client) = try Self.waiting(redis, [])
    sidecar.process.signal(SIGTERM)
    #expect(eventually { (try? sidecar.client().call("system.ping")) == nil })
    #expect(sidecar.process.waitForExit(within: .milliseconds(50)) == nil)
    redis.resume()
    let answer = Answer(try client.readLine())
    #expect(answer.id == 7)
    #expect(answer["ok"] as? Bool == true)
    #expect(try client.readToEnd() == "")
    #expect(sidecar.process.waitForExit(within: .seconds(10)) == .status(0))
    #expect(!TextFile.exists(sidecar.socketPath))
    #expect(try redis.command(["get", "cloakroom:default:kv:k"]) == #""late""#)
  }

  @Test("does not wait longer than the drain timeout, and says what it cut off")
  func drainTimeout() throws {
    let redis = try RedisServer()
    let (sidecar, client) = try Self.waiting(redis, ["--drain-timeout", "50ms"])
    #expect(sidecar.stop(within: .seconds(10)) == .status(0))
    #expect(client.isClosed())
    #expect(sidecar.output.contains("cut"), "\(sidecar.output)")
  }

  @Test("does not wait for a sweep that the store does not answer")
  func sweep() throws {
    let redis = try RedisServer()
    let (sidecar, _) = try Self.waiting(
      redis, ["--drain-timeout", "500ms", "--set", "pending.sweepInterval=100ms"])
    #expect(sidecar.stop(within: .seconds(10)) == .status(0))
  }

  @Test("is meant once by two signals of one instant, as timeout(1) sends them")
  func twice() throws {
    let redis = try RedisServer()
    let (sidecar, client) = try Self.waiting(redis, ["--drain-timeout", "1h"])
    sidecar.process.signal(SIGTERM)
    sidecar.process.signal(SIGINT)
    #expect(eventually { sidecar.output.contains("finishing what is in flight") })
    #expect(sidecar.process.waitForExit(within: .milliseconds(300)) == nil)
    redis.resume()
    #expect(Answer(try client.readLine()).id == 7)
    #expect(sidecar.process.waitForExit(within: .seconds(10)) == .status(0))
  }

  @Test("happens at once at the second signal")
  func secondSignal() throws {
    let redis = try RedisServer()
    let (sidecar, client) = try Self.waiting(redis, ["--drain-timeout", "1h"])
    sidecar.process.signal(SIGTERM)
    #expect(eventually { sidecar.output.contains("finishing what is in flight") })
    // Not in the same instant as the first.
    let isOver = eventually {
      sidecar.process.signal(SIGTERM)
      return sidecar.process.waitForExit(within: .milliseconds(20)) != nil
    }
    #expect(isOver)
    #expect(sidecar.process.waitForExit(within: .zero) == .status(1))
    withExtendedLifetime(client) {}
  }
}
