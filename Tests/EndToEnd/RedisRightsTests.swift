import Support
import Testing

@Suite("A Redis user who lacks a right", .timeLimit(.minutes(2)))
struct RedisRightsTests {
  /// A sidecar that is the user `app`, who may do all but what the rules take away.
  private static func sidecar(_ redis: RedisServer, without rules: [String]) throws -> Daemon {
    _ = try redis.command(
      ["ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all"] + rules)
    return try RedisSidecar.start("unix://app:secret@\(redis.socketPath)", patience: "5s")
  }

  @Test("to any channel appends to a stream, once for each idempotency key, and others read it")
  func channels() throws {
    let redis = try RedisServer()
    let daemons = try [
      Self.sidecar(redis, without: ["resetchannels"]),
      RedisSidecar.start(redis.socketPath, patience: "5s"),
    ]
    let (client, reader) = try (daemons[0].readyClient(), daemons[1].readyClient())
    try reader.ensure()
    try reader.sendRead(blockMs: 20_000)
    #expect(try eventually { try redis.command(["PUBSUB", "CHANNELS"]) != "" })
    let params = #"{"stream":"s","message":1,"idempotencyKey":"k"}"#
    let ids = try (0..<3).map { _ in try client.call("streams.append", params)["id"] as? String }
    #expect(ids[0] != nil && Set(ids).count == 1, "\(ids)")
    #expect(try client.call("streams.length", #"{"stream":"s"}"#)["length"] as? Int == 1)
    try client.append("2")
    #expect(try client.call("streams.length", #"{"stream":"s"}"#)["length"] as? Int == 2)
    // Nobody could wake it: it looks by itself.
    #expect(Answer(try reader.readLine()).numbers.first == 1)
  }

  @Test(
    "of a step is told so again and again, and nothing is done until the right is there",
    arguments: [
      ("streams.append", #"{"stream":"s","message":1}"#, "pexpire"),
      ("streams.append", #"{"stream":"s","message":1,"idempotencyKey":"k"}"#, "pexpire"),
      ("streams.ensure", #"{"stream":"s","group":"g"}"#, "pexpire"),
      ("claim.once", #"{"key":"c","owner":"o"}"#, "pexpireat"),
      ("claim.once", #"{"key":"c","owner":"o","idempotencyKey":"k"}"#, "hset"),
      ("counter.increment", #"{"key":"n"}"#, "pexpire"),
      ("counter.increment", #"{"key":"n","idempotencyKey":"k"}"#, "pexpire"),
      ("kv.set", #"{"key":"a","value":1,"idempotencyKey":"k"}"#, "hset"),
    ])
  func refused(method: String, params: String, right: String) throws {
    let redis = try RedisServer()
    let daemon = try Self.sidecar(redis, without: ["-" + right])
    let client = try daemon.readyClient()
    for _ in 0..<3 {
      let answer = try client.call(method, params)
      #expect(answer.reason == "STORE_REFUSED", "\(answer)")
      #expect(["NOPERM", "ERR"].contains(answer.detail("code") as? String ?? ""), "\(answer)")
      #expect(try redis.command(["DBSIZE"]) == "0")
    }
    _ = try redis.command(["ACL", "SETUSER", "app", "+" + right])
    #expect(try client.call(method, params).reason == nil)
    #expect(try client.metrics().sum("store_reconnects_total") == 0)
  }

  @Test(
    "a message with an idempotency key that Redis can't record is told to nobody",
    arguments: [true, false],
    [
      [["CONFIG", "SET", "min-replicas-to-write", "1"]], [["CONFIG", "SET", "maxmemory", "1"]],
    ])
  func unpublished(isChecked: Bool, into: [[String]]) throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "5s")
    let (client, subscriber) = try (daemon.readyClient(), daemon.readyClient())
    _ = try subscriber.subscribe(#"{"channel":"c"}"#)
    let params =
      #"{"channel":"c","data":1,"validatePublish":\#(isChecked),"idempotencyKey":"k"}"#
    for command in into { _ = try redis.command(command) }
    #expect(try client.call("events.publish", params).reason == "STORE_REFUSED")
    for command in into { _ = try redis.command(command.dropLast() + ["0"]) }
    for _ in 0..<3 {
      #expect(try client.call("events.publish", params)["receivers"] as? Int == 1)
    }
    try client.publish("c", "2")
    #expect(try [subscriber.note(), subscriber.note()].map(\.number) == [1, 2])
  }
}
