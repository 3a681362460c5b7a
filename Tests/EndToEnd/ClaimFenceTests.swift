import Support
import Testing

@Suite("A claim's fence", .timeLimit(.minutes(2)))
struct ClaimFenceTests {
  private static func fence(_ client: LineClient, _ owner: String) throws -> Int {
    let answer = try client.call(
      "claim.once", #"{"key":"job","owner":"\#(owner)","ttl":"50ms","waitMs":10000}"#)
    return try #require(answer["fence"] as? Int, "\(answer)")
  }

  @Test("grows over the end of a sidecar, whatever its store", arguments: [true, false])
  func sidecar(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    func start() throws -> Daemon {
      try redis.map { try RedisSidecar.start($0.socketPath) } ?? Daemon()
    }
    var last = 0
    for round in 0..<3 {
      let daemon = try start()
      let client = try daemon.readyClient()
      for index in 0..<3 {
        let fence = try Self.fence(client, "owner \(round) \(index)")
        #expect(fence > last)
        last = fence
      }
      daemon.process.kill()
    }
  }

  @Test("grows over a Redis that has lost all it had")
  func redis() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "2s")
    let client = try daemon.readyClient()
    var last = 0
    for round in 0..<3 {
      let fence = try Self.fence(client, "owner \(round)")
      #expect(fence > last && fence < 1 << 53)
      last = fence
      redis.kill()
      try redis.restart()
      #expect(try client.waitForStore())
      #expect(
        try client.call("claim.inspect", #"{"key":"job"}"#)["held"] as? Bool == false)
    }
  }

  @Test("is found under the claim's own name, in one key that lives on for a day")
  func name() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, ["--prefix", "igniter:store"])
    let client = try daemon.readyClient()
    let name = "igniter:store:default:claim:lock:x"
    let answer = try client.call("claim.once", #"{"key":"lock:x","owner":"worker-1","ttl":30}"#)
    #expect(try redis.command(["HGET", name, "owner"]) == "worker-1")
    #expect(
      try redis.command(["HGET", name, "fence"]) == "\(try #require(answer["fence"] as? Int))")
    #expect(try #require(Int(try redis.command(["TTL", name]))) > 86_400)
    #expect(
      try client.call("claim.release", #"{"key":"lock:x","owner":"worker-1"}"#)["released"] as? Bool
        == true)
    #expect(try redis.command(["KEYS", "*claim*"]) == name)
    #expect((86_000...86_400).contains(try #require(Int(try redis.command(["TTL", name])))))
  }
}
