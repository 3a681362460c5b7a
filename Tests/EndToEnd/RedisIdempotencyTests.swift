import Support
import Testing

@Suite("A call with an idempotency key", .timeLimit(.minutes(2)))
struct RedisIdempotencyTests {
  private static func increment(_ counter: Int, key: String = "k") -> String {
    #"{"key":"n\#(counter)","idempotencyKey":"\#(key)\#(counter)"}"#
  }

  @Test("is done once, and answered, when the connection to Redis is cut within the reply")
  func replies() throws {
    let redis = try RedisServer()
    let proxy = try CuttingProxy(to: redis.socketPath)
    let daemon = try RedisSidecar.start(proxy.path, patience: "5s")
    let client = try daemon.readyClient()
    // Each byte of the reply "*2\r\n$1\r\n1\r\n:1\r\n".
    for bytes in 0..<15 {
      proxy.cut(.replies, after: bytes)
      let answer = try client.call("counter.increment", Self.increment(bytes))
      #expect(proxy.cuts == bytes + 1)
      #expect(answer["value"] as? Int == 1, "cut after \(bytes)")
      #expect(answer["applied"] as? Bool == true, "cut after \(bytes)")
      let count = try client.call("counter.get", #"{"key":"n\#(bytes)"}"#)
      #expect(count["value"] as? Int == 1, "cut after \(bytes)")
    }
    #expect(try client.metrics().sum("store_commands_resent_total") == 15)
  }

  @Test("is done once, and answered, when the connection to Redis is cut within the request")
  func requests() throws {
    let redis = try RedisServer()
    let proxy = try CuttingProxy(to: redis.socketPath)
    let daemon = try RedisSidecar.start(proxy.path, patience: "5s")
    let client = try daemon.readyClient()
    for bytes in stride(from: 0, through: 240, by: 20) {
      proxy.cut(.requests, after: bytes)
      let answer = try client.call("counter.increment", Self.increment(bytes))
      #expect(proxy.cuts == bytes / 20 + 1)
      #expect(answer["value"] as? Int == 1, "cut after \(bytes)")
    }
  }

  @Test("is done once when its client is gone and another repeats it on another sidecar")
  func lostClient() throws {
    let redis = try RedisServer()
    let daemons = try (0..<2).map { _ in try RedisSidecar.start(redis.socketPath, patience: "5s") }
    let second = try daemons[1].readyClient()
    _ = try daemons[0].readyClient()
    for round in 0..<30 {
      let params = Self.increment(round)
      do {
        let first = try daemons[0].client()
        try first.send(LineClient.request("counter.increment", params))
      }
      #expect(try second.call("counter.increment", params)["value"] as? Int == 1)
    }
    let observer = try daemons[0].client()
    let isDone = try eventually(within: .seconds(10)) {
      try observer.metrics().sum("calls_total", ["method": "counter.increment"]) == 30
    }
    #expect(isDone)
    for round in 0..<30 {
      let count = try second.call("counter.get", #"{"key":"n\#(round)"}"#)
      #expect(count["value"] as? Int == 1, "round \(round)")
    }
  }

  @Test("gets one answer when two sidecars race for it")
  func race() throws {
    let redis = try RedisServer()
    let daemons = try (0..<2).map { _ in try RedisSidecar.start(redis.socketPath, patience: "5s") }
    let clients = try daemons.map { try $0.readyClient() }
    let calls = (0..<200).map {
      (method: "counter.increment", params: #"{"key":"n","idempotencyKey":"k\#($0)"}"#)
    }
    for client in clients { try client.sendAll(calls) }
    let answers = try clients.map { try $0.readAll(200) }
    let values = answers.map { answers in (0..<200).map { answers[$0]?["value"] as? Int ?? 0 } }
    #expect(values[0] == values[1])
    #expect(values[0].sorted() == Array(1...200))
    #expect(try clients[0].call("counter.get", #"{"key":"n"}"#)["value"] as? Int == 200)
  }

  @Test(
    "that Redis refuses does nothing and can be repeated once Redis takes it",
    arguments: [
      ([["CONFIG", "SET", "maxmemory", "1"]], [["CONFIG", "SET", "maxmemory", "0"]]),
      // What it may write, but not its record.
      ([["ACL", "SETUSER", "default", "-hset"]], [["ACL", "SETUSER", "default", "+hset"]]),
      ([["ACL", "SETUSER", "default", "-pexpire"]], [["ACL", "SETUSER", "default", "+pexpire"]]),
    ])
  func refused(into: [[String]], out: [[String]]) throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "5s")
    let client = try daemon.readyClient()
    for command in into { _ = try redis.command(command) }
    let refused = try client.call("counter.increment", Self.increment(1))
    #expect(refused.reason == "STORE_REFUSED")
    for command in out { _ = try redis.command(command) }
    #expect(try client.call("counter.get", #"{"key":"n1"}"#)["value"] as? Int == 0)
    for _ in 0..<2 {
      #expect(try client.call("counter.increment", Self.increment(1))["value"] as? Int == 1)
    }
  }

  @Test("is done once by a Redis that forgets its scripts")
  func flush() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "5s")
    let client = try daemon.readyClient()
    for round in 0..<5 {
      for _ in 0..<3 {
        _ = try redis.command(["SCRIPT", "FLUSH"])
        let answer = try client.call("counter.increment", Self.increment(round))
        #expect(answer["value"] as? Int == 1)
      }
    }
  }

  @Test("is a new call when the record's life is over")
  func life() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(
      redis.socketPath, patience: "5s", ["--set", "idempotency.ttl=1h"])
    let client = try daemon.readyClient()
    let record = "cloakroom:default:idempotency:call:k1"
    #expect(try client.call("counter.increment", Self.increment(1))["value"] as? Int == 1)
    let left = try #require(Int(try redis.command(["PTTL", record])))
    #expect((3_540_000...3_600_000).contains(left))
    _ = try client.call("counter.increment", Self.increment(1))
    #expect(try redis.command(["EXISTS", record]) == "1")
    _ = try redis.command(["PEXPIRE", record, "1"])
    let isDoneAgain = try eventually(within: .seconds(10)) {
      try client.call("counter.increment", Self.increment(1))["value"] as? Int == 2
    }
    #expect(isDoneAgain)
  }
}
