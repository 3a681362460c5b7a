import Glibc
import Support
import Testing

@Suite("The health report", .timeLimit(.minutes(2)))
struct ObservationHealthTests {
  private func problems(_ client: LineClient) throws -> [String: String] {
    let health = try client.call("system.health")
    let problems = health["degraded"] as? [[String: String]] ?? []
    return Dictionary(
      problems.map { ($0["what"] ?? "", $0["reason"] ?? "") }, uniquingKeysWith: { $1 })
  }

  @Test("says that all is well, and what it is made of")
  func well() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    // The connection that found out that the sidecar is up may still be on its way out.
    #expect(try eventually { try client.call("system.health")["connections"] as? Int == 1 })
    let health = try client.call("system.health")
    #expect(health["status"] as? String == "ok")
    #expect((health["degraded"] as? [Any])?.isEmpty == true)
    #expect(health["store", "kind"] as? String == "memory")
    #expect(health["store", "up"] as? Bool == true)
    #expect((health["memory", "residentBytes"] as? Int ?? 0) > 1_000_000)
    #expect(health["memory", "storeLimitBytes"] as? Int == 256 << 20)
    #expect(health["connections"] as? Int == 1)
    #expect(health["errorRate"] as? Double == 0)
    #expect((health["uptimeMs"] as? Int ?? -1) >= 0)
    let started = try #require(health["startedAt"] as? String)
    #expect(started.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
  }

  @Test("says why Redis is not well, and that it is again")
  func redis() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "1s")
    let client = try daemon.readyClient()
    let health = try client.call("system.health")
    #expect(health["status"] as? String == "ok")
    #expect(health["store", "kind"] as? String == "redis")
    #expect((health["store", "roundTripMs"] as? Double ?? 0) > 0)

    redis.pause()
    let frozen = try problems(client)
    #expect(frozen["store"]?.isEmpty == false)
    redis.resume()
    let isWell = try eventually { try problems(client).isEmpty }
    #expect(isWell)

    redis.kill()
    let isTold = try eventually {
      try problems(client)["store"]?.contains(redis.socketPath) == true
    }
    #expect(isTold)
    #expect(try client.call("system.health")["store", "up"] as? Bool == false)
    #expect(try client.metrics().sum("store_up") == 0)
    try redis.restart()
    let isBack = try eventually { try problems(client).isEmpty }
    #expect(isBack)
    #expect(try client.metrics().sum("store_up") == 1)
  }

  @Test("says why nobody is told of events, although Redis answers")
  func bus() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    let listener = try daemon.readyClient()
    let name = try listener.subscribe(#"{"channel":"c"}"#)
    // Redis lets nobody in any more, not even `redis-cli`, but keeps whom it has.
    let administrator = try LineClient(path: redis.socketPath, isSidecar: false)
    try administrator.send("CONFIG SET maxclients 1\r\nCLIENT KILL TYPE pubsub\r\n")
    #expect(try administrator.readLines(2) == ["+OK\r", ":1\r"])

    #expect(try eventually { try problems(client)["bus"]?.contains("clients") == true })
    #expect(try problems(client)["store"] == nil)
    try administrator.send("CONFIG SET maxclients 1000\r\n")
    #expect(try eventually { try problems(client).isEmpty })

    // A bus that nobody listens to is not missed.
    try administrator.send("CONFIG SET maxclients 1\r\nCLIENT KILL TYPE pubsub\r\n")
    #expect(try eventually { try problems(client)["bus"] != nil })
    _ = try listener.call("events.unsubscribe", #"{"subscription":"\#(name)"}"#)
    #expect(try eventually { try problems(client).isEmpty })
  }

  @Test("says why the policy is not the new one, until it is")
  func policy() throws {
    func policy(_ methods: String, _ rest: String = "") -> String {
      #"{"services": {"mine": {"users": ["*"], "methods": ["\#(methods)"]}}\#(rest)}"#
    }
    let daemon = try Daemon(configuration: policy("*"))
    let client = try daemon.client()
    #expect(try problems(client).isEmpty)
    let loadedAt = try client.metrics().sum("policy_loaded_timestamp_seconds")
    #expect(abs(loadedAt - Double(time(nil))) < 60)
    let file = daemon.folder + "/config.json"
    let secret = "s3cr3t"
    try TextFile.write(
      policy("no.such", #", "store": {"url": "x://\#(secret)"}"#), to: file)
    daemon.process.signal(SIGHUP)
    #expect(try eventually { try problems(client)["policy"] != nil })
    let reason = try #require(try problems(client)["policy"])
    #expect(reason.contains("config.json: store.url") && !reason.contains(secret), "\(reason)")
    #expect(try client.metrics().sum("policy_reload_failures_total") == 1)
    #expect(try client.metrics().sum("policy_loaded_timestamp_seconds") == loadedAt)
    // A call is still admitted by the old one.
    #expect(try client.call("kv.get", #"{"key":"a"}"#).reason == nil)

    try TextFile.write(policy("system.*"), to: file)
    daemon.process.signal(SIGHUP)
    #expect(try eventually { try problems(client).isEmpty })
    #expect(try client.call("kv.get", #"{"key":"a"}"#).reason == "FORBIDDEN")
  }

  @Test("says that the access log still goes to its old file, until it doesn't")
  func rotation() throws {
    let folder = try Folder()
    let path = folder.path + "/access.log"
    let daemon = try Daemon(["--access-log", path])
    let client = try daemon.client()
    rename(path, path + ".1")
    mkdir(path, 0o755)
    daemon.process.signal(SIGHUP)
    #expect(
      try eventually { try problems(client)["accessLog"]?.contains("its old file") == true })
    rmdir(path)
    daemon.process.signal(SIGHUP)
    #expect(try eventually { try problems(client).isEmpty })
  }

  @Test("says that the store in memory is nearly full, before it is")
  func memory() throws {
    let daemon = try Daemon(["--memory", "1MiB"])
    let client = try daemon.client()
    let value = String(repeating: "x", count: 20_000)
    var stored = 0
    var isTold = false
    while stored < 100, !isTold {
      let answer = try client.call("kv.set", #"{"key":"k\#(stored)","value":"\#(value)"}"#)
      guard answer.reason == nil else { break }
      stored += 1
      isTold = try problems(client)["memory"] != nil
    }
    #expect(isTold)
    let isFull = try eventually {
      stored += 1
      return try client.call("kv.set", #"{"key":"k\#(stored)","value":"\#(value)"}"#).reason
        == "STORE_REFUSED"
    }
    #expect(isFull)
    for number in 0...stored { _ = try client.call("kv.remove", #"{"key":"k\#(number)"}"#) }
    #expect(try problems(client)["memory"] == nil)
  }
}
