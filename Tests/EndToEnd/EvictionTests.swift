import Support
import Testing

@Suite("A Redis that may evict", .timeLimit(.minutes(2)))
struct EvictionTests {
  /// What a health report says about the store.
  private struct Health {
    let status: String?
    let degraded: [String]
    let remarks: [String]

    init(_ client: LineClient) throws {
      let health = try client.call("system.health")
      func reasons(_ list: String) -> [String] {
        (health[list] as? [[String: String]] ?? []).filter { $0["what"] == "store" }
          .compactMap { $0["reason"] }
      }
      status = health["status"] as? String
      degraded = reasons("degraded")
      remarks = reasons("remarks")
    }
  }

  private static func lines(_ text: String, of daemon: Daemon) -> Int {
    daemon.output.split(separator: "\n").count { $0.contains(text) }
  }

  private static let begun = "Redis may evict"
  private static let over = "Redis doesn't evict any more"

  @Test(
    "makes health degraded, whatever it would evict first, and says so in the log once",
    arguments: ["allkeys-lru", "allkeys-random", "volatile-lru", "volatile-ttl"])
  func degraded(policy: String) throws {
    let redis = try RedisServer(arguments: ["--maxmemory-policy", policy, "--appendonly", "yes"])
    let daemon = try RedisSidecar.start(redis.socketPath, loops: 2)
    let client = try daemon.readyClient()
    let health = try Health(client)
    #expect(health.status == "degraded")
    #expect(health.degraded.count == 1 && health.remarks.isEmpty)
    let reason = try #require(health.degraded.first)
    for word in [policy, "twice", "set its maxmemory-policy to noeviction"] {
      #expect(reason.contains(word), "\(reason)")
    }
    // It works all the same.
    #expect(try client.call("kv.set", #"{"key":"a","value":1}"#)["ok"] as? Bool == true)
    #expect(try client.metrics().sum("store_up") == 1)
    #expect(Self.lines(Self.begun, of: daemon) == 1)
    #expect(Self.lines(policy, of: daemon) == 1)
  }

  @Test("is told from one that does not: nothing is said of that")
  func well() throws {
    let redis = try RedisServer(arguments: ["--appendonly", "yes"])
    let daemon = try RedisSidecar.start(redis.socketPath)
    let health = try Health(try daemon.readyClient())
    #expect(health.status == "ok")
    #expect(health.degraded.isEmpty && health.remarks.isEmpty)
    #expect(Self.lines("evict", of: daemon) == 0)
  }

  @Test("is seen when that is set later, and when it is over; after a lost connection too")
  func changed() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, loops: 2)
    let clients = try (0..<4).map { _ in try daemon.readyClient() }
    for round in 1...2 {
      _ = try redis.command(["CONFIG", "SET", "maxmemory-policy", "volatile-lru"])
      if round == 2 { _ = try redis.command(["CLIENT", "KILL", "TYPE", "normal"]) }
      // Whichever loop is asked.
      for client in clients {
        #expect(
          try eventually { try Health(client).degraded.first?.contains("volatile-lru") == true })
      }
      #expect(Self.lines(Self.begun, of: daemon) == round)
      _ = try redis.command(["CONFIG", "SET", "maxmemory-policy", "noeviction"])
      for client in clients {
        #expect(try eventually { try Health(client).status == "ok" })
      }
      #expect(Self.lines(Self.over, of: daemon) == round)
    }
  }

  @Test("is seen by a connection, though nobody asks for health")
  func reconnected() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    _ = try daemon.readyClient()
    _ = try redis.command(["CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"])
    _ = try redis.command(["CLIENT", "KILL", "TYPE", "normal"])
    #expect(eventually { Self.lines(Self.begun, of: daemon) == 1 })
  }

  @Test("can't be known by a user who may not ask: that is a remark, and no more")
  func unknown() throws {
    let redis = try RedisServer(arguments: ["--maxmemory-policy", "allkeys-lru"])
    _ = try redis.command(["ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all", "-info"])
    let daemon = try RedisSidecar.start("unix://app:secret@\(redis.socketPath)")
    let client = try daemon.readyClient()
    let health = try Health(client)
    #expect(health.status == "ok")
    #expect(health.degraded.isEmpty)
    #expect(health.remarks.count == 1)
    #expect(health.remarks.first?.contains("unknown") == true)
    #expect(Self.lines(Self.begun, of: daemon) == 0)
    #expect(Self.lines("it is unknown whether Redis may remove", of: daemon) == 1)
    // It is known once it may be asked.
    _ = try redis.command(["ACL", "SETUSER", "app", "+info"])
    #expect(try eventually { try Health(client).status == "degraded" })
  }
}
