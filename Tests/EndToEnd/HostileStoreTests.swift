import Support
import Testing

@Suite("What others have written in Redis to do harm", .timeLimit(.minutes(2)))
struct HostileStoreTests {
  @Test(
    "is no queue to count through, whatever its numbers",
    arguments: ["900000000000000000", "inf", "nan", "-1", "1e300", "9007199254740992"])
  func claim(last: String) throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    _ = try redis.command(["HSET", "cloakroom:default:claim:c", "first", "1", "last", last])
    let taken = try client.call("claim.once", #"{"key":"c","owner":"a"}"#)
    #expect(taken["claimed"] as? Bool == true, "\(taken)")
    let waiter = try daemon.readyClient()
    try waiter.send(
      LineClient.request("claim.once", #"{"key":"c","owner":"b","waitMs":20000}"#, id: 4))
    #expect(eventually { waiter.isTaken })
    #expect(try client.call("claim.release", #"{"key":"c","owner":"a"}"#).reason == nil)
    #expect(Answer(try waiter.readLine())["claimed"] as? Bool == true)
    #expect(try redis.command(["PING"]).contains("PONG"))
  }

  @Test("is no operation, and hides none")
  func pending() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    let made = try client.call(
      "pending.create", #"{"operationType":"t","data":1,"backend":"store","maxAttempts":1}"#)
    let token = try #require(made["token"] as? String)
    let params = #"{"token":"\#(token)","operationType":"t"}"#
    let receipt = try #require(try client.call("pending.checkout", params)["receipt"] as? String)
    #expect(
      try client.call(
        "pending.release", #"{"token":"\#(token)","operationType":"t","receipt":"\#(receipt)"}"#
      ).reason == nil)
    let id = String(repeating: "0", count: 63)
    for (place, command) in [
      ["RPUSH", "1", "x"], ["HSET", "2", "a", "b"], ["SET", "3", "x"], ["ZADD", "4", "1", "a"],
    ].enumerated() {
      _ = try redis.command(
        [command[0], "cloakroom:default:pending:\(id)\(place)"] + command.dropFirst(2))
    }
    let dead = try client.call("pending.dead")
    #expect((dead["operations"] as? [[String: Any]])?.count == 1, "\(dead)")
  }

  @Test(
    "is no event when it names a subscription", arguments: ["subscription", #"\u0073ubscription"#])
  func event(name: String) throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    _ = try client.subscribe(#"{"channel":"c"}"#)
    for data in [#""\#(name)":"s9","data":1"#, #""data":{"subscription":2}"#] {
      _ = try redis.command([
        "PUBLISH", "cloakroom:default:events:c", #"{"type":"c","timestamp":"t",\#(data)}"#,
      ])
    }
    // What is in the data is anybody's own.
    #expect(try client.readLine().contains(#""data":{"subscription":2}"#))
  }
}
