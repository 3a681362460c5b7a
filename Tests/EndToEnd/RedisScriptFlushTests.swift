import Support
import Testing

@Suite("A Redis that forgets its scripts", .timeLimit(.minutes(2)))
struct RedisScriptFlushTests {
  @Test("is told them again without a call noticing")
  func flush() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "5s", loops: 2)
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
    // Every one of them was applied, and answered with its value.
    #expect(count == 15 * 3 * 30)
    #expect(tally.total == count)
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
