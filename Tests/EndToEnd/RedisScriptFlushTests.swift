import Glibc
import Support
import Testing

@Suite("A Redis that forgets its scripts", .timeLimit(.minutes(2)))
struct RedisScriptFlushTests {
  @Test(
    "is told them again without a call noticing, or answers that it was overtaken",
    arguments: [1, 2])
  func flush(loops: Int) throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "5s", loops: loops)
    let clients = try (0..<3).map { _ in try daemon.readyClient() }
    var tally = CountTally()
    for _ in 0..<15 {
      for client in clients { try client.sendAll(CountTally.requests(30)) }
      _ = try redis.command(["SCRIPT", "FLUSH"])
      for client in clients {
        for answer in try client.readAll(30).values { tally.add(answer) }
      }
    }
    let count = try #require(try clients[0].call("counter.get", #"{"key":"n"}"#)["value"] as? Int)
    tally.check(count)
    #expect(tally.total == 15 * 3 * 30)
    // What was not applied was said to be so: another loop had Redis keep the scripts again, and what
    // came later has run. With one loop there is no other.
    #expect(count + tally.refused == tally.total)
    if loops == 1 { #expect(tally.refused == 0) }
  }

  /// Two calls on one key, the first of which is a script, and what they come to in that order.
  private static let pairs: [(first: (String, String), second: (String, String), key: String)] = [
    (
      ("kv.set", #"{"key":"a","value":"first","ttl":"keep"}"#),
      ("kv.set", #"{"key":"a","value":"second"}"#), "a"
    ),
    (
      ("kv.set", #"{"key":"b","value":"first","ttl":"keep"}"#),
      ("kv.take", #"{"key":"b"}"#), "b"
    ),
    (("counter.increment", #"{"key":"n"}"#), ("counter.get", #"{"key":"n"}"#), "n"),
    (
      ("kv.get", #"{"key":"c","withMeta":true}"#), ("kv.set", #"{"key":"c","value":"second"}"#), "c"
    ),
  ]

  @Test("two calls on one key never change places", arguments: pairs.indices)
  func order(index: Int) throws {
    let (first, second, _) = Self.pairs[index]
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "5s")
    let client = try daemon.readyClient()
    for _ in 0..<10 {
      _ = try redis.command(["FLUSHALL"])
      _ = try redis.command(["SCRIPT", "FLUSH"])
      try client.sendAll([first, second])
      let answers = try client.readAll(2).sorted { $0.key < $1.key }.map(\.value)
      // Redis had run the second when it refused the first: the first says that it was not done.
      #expect(answers[0].reason == "UNAVAILABLE", "\(answers[0])")
      #expect(answers[1].reason == nil, "\(answers[1])")
      switch index {
      case 0: #expect(try client.call("kv.get", #"{"key":"a"}"#)["value"] as? String == "second")
      case 1: #expect(try client.call("kv.exists", #"{"key":"b"}"#).result as? Bool == false)
      case 2: #expect(try client.call("counter.get", #"{"key":"n"}"#)["value"] as? Int == 0)
      default: break
      }
    }
  }

  /// Has an address lead to a server.
  private func lead(_ address: String, to server: RedisServer) throws {
    unlink(address)
    try #require(symlink(server.socketPath, address) == 0)
  }

  @Test("the same after its address leads to a server that never had them")
  func failover() throws {
    let (old, new) = (try RedisServer(), try RedisServer())
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let address = folder + "/redis.sock"
    try lead(address, to: old)
    let daemon = try RedisSidecar.start(address, patience: "5s")
    let client = try daemon.readyClient()
    #expect(try client.call("counter.increment", #"{"key":"n"}"#).reason == nil)
    try lead(address, to: new)
    _ = try old.command(["REPLICAOF", "127.0.0.1", "1"])
    // Written nowhere but at the new one, and without a failure in between.
    #expect(try client.call("counter.increment", #"{"key":"n","by":5}"#)["value"] as? Int == 5)
    #expect(try client.call("kv.set", #"{"key":"a","value":1}"#).reason == nil)
    #expect(try new.command(["GET", "cloakroom:default:counter:n"]) == "5")
    #expect(try client.call("system.health", "{}")["status"] as? String == "ok")
    #expect(try client.metrics().sum("store_reconnects_total", ["reason": "read_only"]) >= 1)
  }

  @Test("a replica without another primary is degraded until it takes writes again")
  func degraded() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "5s")
    let client = try daemon.readyClient()
    _ = try redis.command(["REPLICAOF", "127.0.0.1", "1"])
    let refused = try client.call("kv.set", #"{"key":"a","value":1}"#)
    #expect(refused.reason == "UNAVAILABLE")
    #expect(refused.isRetryable == true)
    let health = try client.call("system.health", "{}")
    #expect(health["status"] as? String == "degraded")
    #expect(health.text.contains("READONLY"))
    _ = try redis.command(["REPLICAOF", "NO", "ONE"])
    #expect(try client.call("kv.set", #"{"key":"a","value":1}"#).reason == nil)
    #expect(try client.call("system.health", "{}")["status"] as? String == "ok")
  }

  @Test(
    "has each of the scripts again, whichever is called first",
    arguments: [
      ("kv.get", #"{"key":"a","withMeta":true}"#), ("counter.increment", #"{"key":"n"}"#),
      ("kv.set", #"{"key":"a","value":2,"ttl":"keep"}"#),
    ])
  func first(method: String, params: String) throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "5s")
    let client = try daemon.readyClient()
    #expect(try client.call("kv.set", #"{"key":"a","value":1}"#).reason == nil)
    _ = try redis.command(["SCRIPT", "FLUSH"])
    #expect(try client.call(method, params).reason == nil)
    #expect(try client.metrics().sum("store_commands_resent_total") == 1)
    #expect(try client.metrics().sum("store_reconnects_total") == 0)
  }
}
