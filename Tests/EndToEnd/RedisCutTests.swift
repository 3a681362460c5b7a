import Support
import Testing

@Suite("A connection to Redis that is cut", .timeLimit(.minutes(2)))
struct RedisCutTests {
  /// A burst whose replies are "$7\r\n\"value\"\r\n", "+OK\r\n" and "*2\r\n$1\r\n1\r\n:1\r\n".
  private static let burst: [(method: String, params: String)] = [
    ("kv.get", #"{"key":"a"}"#),
    ("kv.set", #"{"key":"b","value":"second"}"#),
    ("counter.increment", #"{"key":"n"}"#),
  ]

  @Test("within the replies loses none that can be asked for again, and repeats no count")
  func replies() throws {
    let redis = try RedisServer()
    let proxy = try CuttingProxy(to: redis.socketPath)
    let daemon = try RedisSidecar.start(proxy.path, patience: "5s")
    let client = try daemon.readyClient()
    #expect(try client.call("kv.set", #"{"key":"a","value":"value"}"#)["ok"] as? Bool == true)
    // Each byte of the three replies: 13, 5 and 15 of them.
    for bytes in 0..<33 {
      proxy.cut(.replies, after: bytes)
      let answers = try client.pipeline(Self.burst)
      #expect(proxy.cuts == bytes + 1)
      #expect(answers[0]?["value"] as? String == "value", "cut after \(bytes)")
      #expect(answers[1]?["ok"] as? Bool == true, "cut after \(bytes)")
      // Redis has counted, and nobody can know: the reply is lost.
      #expect(answers[2]?.reason == "OUTCOME_UNKNOWN", "cut after \(bytes)")
      #expect(try client.waitForStore())
    }
    #expect(try client.call("counter.get", #"{"key":"n"}"#)["value"] as? Int == 33)
    let metrics = try client.metrics()
    #expect(metrics.sum("store_reconnects_total", ["reason": "closed"]) == 33)
    // Get and set while the get's reply is not whole (13 cuts), the set while its own is not (5).
    #expect(metrics.sum("store_commands_resent_total") == 2 * 13 + 5)
  }

  @Test("within the requests has nothing done that was said not to be, and repeats no count")
  func requests() throws {
    let redis = try RedisServer()
    let proxy = try CuttingProxy(to: redis.socketPath)
    let daemon = try RedisSidecar.start(proxy.path, patience: "5s")
    let client = try daemon.readyClient()
    #expect(try client.call("kv.set", #"{"key":"a","value":"value"}"#)["ok"] as? Bool == true)
    var counted = 0
    // The three requests have 299 bytes together, the count's the last 179 of them.
    for bytes in stride(from: 0, through: 290, by: 10) {
      proxy.cut(.requests, after: bytes)
      let answers = try client.pipeline(Self.burst)
      #expect(proxy.cuts == bytes / 10 + 1)
      #expect(answers[0]?["value"] as? String == "value", "cut after \(bytes)")
      #expect(answers[1]?["ok"] as? Bool == true, "cut after \(bytes)")
      if let value = answers[2]?["value"] as? Int {
        // The cut met another connection, which sends of its own accord (a sweep, a look at Redis).
        counted += 1
        #expect(value == counted)
      } else {
        #expect(answers[2]?.reason == "OUTCOME_UNKNOWN", "cut after \(bytes)")
      }
      #expect(try client.waitForStore())
    }
    // No other request for a count was ever whole.
    #expect(try client.call("counter.get", #"{"key":"n"}"#)["value"] as? Int == counted)
    #expect(counted <= 3)
  }

  @Test("within a long value is no end to the value")
  func longValue() throws {
    let redis = try RedisServer()
    let proxy = try CuttingProxy(to: redis.socketPath)
    let daemon = try RedisSidecar.start(proxy.path, patience: "5s")
    let client = try daemon.readyClient()
    let value = String(repeating: "0123456789", count: 60_000)
    #expect(try client.call("kv.set", #"{"key":"a","value":"\#(value)"}"#)["ok"] as? Bool == true)
    for bytes in [1, 100, 65_536, 300_000, 600_000, 600_009] {
      proxy.cut(.replies, after: bytes)
      #expect(try client.call("kv.get", #"{"key":"a"}"#)["value"] as? String == value)
    }
    #expect(proxy.cuts == 6)
    for bytes in [1, 100, 65_536, 300_000, 600_000] {
      proxy.cut(.requests, after: bytes)
      let answer = try client.call("kv.set", #"{"key":"a","value":"\#(value)"}"#)
      #expect(answer["ok"] as? Bool == true)
    }
    #expect(proxy.cuts == 11)
    #expect(try client.call("kv.get", #"{"key":"a"}"#)["value"] as? String == value)
  }

  @Test("again and again in the greeting only delays")
  func greeting() throws {
    let redis = try RedisServer()
    let proxy = try CuttingProxy(to: redis.socketPath)
    let daemon = try RedisSidecar.start(proxy.path, patience: "5s")
    let client = try daemon.readyClient()
    for bytes in stride(from: 0, through: 200, by: 8) {
      // The first cut is for the connection that there is, the second for its successor's greeting.
      proxy.cut(.replies, after: 0)
      _ = try client.call("kv.exists", #"{"key":"a"}"#)
      proxy.cut(.replies, after: bytes)
      _ = try redis.command(["CLIENT", "KILL", "TYPE", "normal"])
      #expect(try client.waitForStore())
      #expect(proxy.cuts == 2 * (bytes / 8 + 1))
    }
    #expect(try client.call("kv.get", #"{"key":"a"}"#)["found"] as? Bool == false)
  }
}
