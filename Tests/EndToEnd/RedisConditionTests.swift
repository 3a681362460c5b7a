import Support
import Testing

@Suite("What a Redis is remarked on", .timeLimit(.minutes(2)))
struct RedisConditionTests {
  private static func remarks(_ client: LineClient) throws -> [String] {
    (try client.call("system.health")["remarks"] as? [[String: String]] ?? [])
      .filter { $0["what"] == "store" }.compactMap { $0["reason"] }
  }

  @Test(
    "is that it keeps nothing over a restart, is nearly full or a replica; the log says so as well, and when it is over",
    arguments: [
      (
        ["CONFIG", "SET", "appendonly", "no"], ["CONFIG", "SET", "appendonly", "yes"],
        "keeps nothing over a restart", "keeps its data over a restart"
      ),
      (
        ["CONFIG", "SET", "maxmemory", "1000000"], ["CONFIG", "SET", "maxmemory", "0"],
        "of its maxmemory", "has room again"
      ),
      (
        ["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"], "is a replica",
        "is a primary now"
      ),
    ] as [([String], [String], String, String)])
  func remark(into: [String], out: [String], begun: String, over: String) throws {
    let redis = try RedisServer(arguments: ["--appendonly", "yes"])
    _ = try redis.command(into)
    let daemon = try RedisSidecar.start(redis.socketPath, loops: 2)
    let client = try daemon.client()
    #expect(try eventually { try Self.remarks(client).contains { $0.contains(begun) } })
    #expect(try Self.remarks(client).count == 1)
    let lines = daemon.output.split(separator: "\n")
    #expect(lines.count { $0.contains(begun) } == 1, "\(daemon.output)")
    _ = try redis.command(out)
    #expect(try eventually { try Self.remarks(client).isEmpty })
    #expect(daemon.output.contains(over))
  }

  @Test("is what its user may not ask for")
  func unknown() throws {
    let redis = try RedisServer()
    _ = try redis.command([
      "ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all", "-config",
    ])
    let daemon = try RedisSidecar.start("unix://app:secret@\(redis.socketPath)")
    let remarks = try Self.remarks(try daemon.readyClient())
    #expect(remarks.count == 1)
    #expect(remarks.first?.contains("unknown whether Redis keeps anything") == true, "\(remarks)")
  }

  @Test("are the keys that it removes while the sidecar is connected: they are counted")
  func evictions() throws {
    let redis = try RedisServer(arguments: ["--maxmemory-policy", "allkeys-lru"])
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    for key in 0..<20 { _ = try client.call("kv.set", #"{"key":"\#(key)","value":1}"#) }
    #expect(try client.metrics().sum("store_evicted_keys_total") == 0)
    _ = try redis.command(["CONFIG", "SET", "maxmemory", "1"])
    _ = try client.call("kv.set", #"{"key":"more","value":1}"#)
    let isCounted = try eventually {
      _ = try client.call("system.health")
      return try client.metrics().sum("store_evicted_keys_total") > 0
    }
    #expect(isCounted)
  }

  @Test("an outage is told once, whatever the number of loops, and taken back when it is over")
  func outage() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, loops: 4)
    let clients = try (0..<8).map { _ in try daemon.readyClient() }
    func lines(_ text: String) -> Int {
      daemon.output.split(separator: "\n").count { $0.contains(text) }
    }
    #expect(lines("connected to Redis") == 1)
    redis.kill()
    for client in clients {
      #expect(try eventually { try client.call("kv.get", #"{"key":"a"}"#).reason == "UNAVAILABLE" })
    }
    #expect(lines("lost the connection to Redis") == 1, "\(daemon.output)")
    #expect(lines("can't connect to Redis") == 1, "\(daemon.output)")
    try redis.restart()
    for client in clients { try client.waitForStore() }
    #expect(eventually { lines("connected to Redis again") == 1 })
  }
}
