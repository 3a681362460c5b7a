import Support
import Testing

@Suite("A call that its caller cancels", .timeLimit(.minutes(2)))
struct CancelTests {
  /// A sidecar on a Redis, or with the store in memory.
  private static func sidecar(_ redis: RedisServer?) throws -> Daemon {
    try redis.map { try RedisSidecar.start($0.socketPath, loops: 2) } ?? Daemon()
  }

  /// Each waits for a minute: for a message, a claim, a value, another's run.
  private static let waits: [(before: [(String, String)], method: String, params: String)] = [
    (
      [("streams.ensure", #"{"stream":"s","group":"g"}"#)], "streams.read",
      #"{"stream":"s","group":"g","consumer":"c","blockMs":60000}"#
    ),
    (
      [("claim.once", #"{"key":"c","owner":"holder","ttl":"1h"}"#)], "claim.once",
      #"{"key":"c","owner":"waiter","waitMs":60000}"#
    ),
    (
      [("cache.get", #"{"key":"v","leaseTtl":"1h"}"#)], "cache.get", #"{"key":"v","waitMs":60000}"#
    ),
    (
      [("idempotency.begin", #"{"key":"e","lockTtl":"1h"}"#)], "idempotency.begin",
      #"{"key":"e","waitMs":60000}"#
    ),
  ]

  @Test("answers so, whatever it waits for, and the connection goes on", arguments: [true, false])
  func waiting(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis)
    let client = try daemon.readyClient()
    for (before, method, params) in Self.waits {
      for (method, params) in before { _ = try client.call(method, params) }
      try client.send(LineClient.request(method, params, id: 70))
      // Answered by the store: the call before it waits by then.
      _ = try client.call("kv.exists", #"{"key":"-"}"#)
      try client.send(LineClient.request("system.cancel", #"{"id":70}"#, id: 71))
      let answers = try client.readLines(2).map { Answer($0) }
      let cancelled = try #require(answers.first { $0.id == 70 }, "\(method)")
      #expect(cancelled.reason == "CANCELLED", "\(method): \(cancelled)")
      #expect(answers.first { $0.id == 71 }?["cancelled"] as? Bool == true, "\(method)")
    }
    #expect(try client.call("system.ping", "{}").text.contains("pong"))
  }

  @Test("holds nothing afterwards: the claim that it waited for is the next one's")
  func claim() throws {
    let daemon = try Daemon()
    let (holder, waiter) = (try daemon.readyClient(), try daemon.readyClient())
    _ = try holder.call("claim.once", #"{"key":"c","owner":"holder","ttl":"1h"}"#)
    try waiter.send(
      LineClient.request("claim.once", #"{"key":"c","owner":"first","waitMs":60000}"#, id: 70))
    _ = try waiter.call("kv.exists", #"{"key":"-"}"#)
    try waiter.send(
      LineClient.request("claim.once", #"{"key":"c","owner":"second","waitMs":60000}"#, id: 72))
    try waiter.send(LineClient.request("system.cancel", #"{"id":70}"#, id: 71))
    _ = try waiter.readLines(2)
    _ = try holder.call("claim.release", #"{"key":"c","owner":"holder"}"#)
    let answer = Answer(try waiter.readLine())
    #expect(answer.id == 72)
    #expect(answer["owner"] as? String == "second", "\(answer)")
  }

  @Test(
    "is the one of that id, spelled as it was sent, and of that connection",
    arguments: [
      (sent: "7", given: "7", isSame: true), (sent: "7", given: #""7""#, isSame: false),
      (sent: #""7""#, given: #""7""#, isSame: true), (sent: #""7""#, given: "7", isSame: false),
      (sent: "0", given: "0", isSame: true), (sent: "null", given: "null", isSame: true),
      (
        sent: "123456789012345678901234567890", given: "123456789012345678901234567890",
        isSame: true
      ),
      (
        sent: "123456789012345678901234567890", given: "123456789012345678901234567891",
        isSame: false
      ),
      (
        sent: #""a long id that is kept elsewhere""#, given: #""a long id that is kept elsewhere""#,
        isSame: true
      ),
    ])
  func ids(sent: String, given: String, isSame: Bool) throws {
    let daemon = try Daemon()
    let (client, other) = (try daemon.readyClient(), try daemon.readyClient())
    _ = try client.call("claim.once", #"{"key":"c","owner":"holder","ttl":"1h"}"#)
    try client.send(
      #"{"jsonrpc":"2.0","id":\#(sent),"method":"claim.once","params":{"key":"c","owner":"w","waitMs":60000}}"#
        + "\n")
    #expect(
      try other.call("system.cancel", #"{"id":\#(given)}"#)["cancelled"] as? Bool == false)
    try client.send(LineClient.request("system.cancel", #"{"id":\#(given)}"#, id: 99))
    let lines = try client.readLines(isSame ? 2 : 1)
    let answer = try #require(lines.map { Answer($0) }.first { $0.id == 99 })
    #expect(answer["cancelled"] as? Bool == isSame)
    #expect(lines.contains { $0.contains("CANCELLED") } == isSame)
  }

  @Test("is none that is over, that nobody made, or that asks for no answer")
  func none() throws {
    let daemon = try Daemon()
    let client = try daemon.readyClient()
    _ = try client.call("claim.once", #"{"key":"c","owner":"holder","ttl":"1h"}"#)
    try client.send(
      #"{"jsonrpc":"2.0","method":"claim.once","params":{"key":"c","owner":"w","waitMs":60000}}"#
        + "\n")
    for id in ["null", "1", #""nobody""#] {
      #expect(try client.call("system.cancel", #"{"id":\#(id)}"#)["cancelled"] as? Bool == false)
    }
    for id in ["{}", "[]", "true"] {
      #expect(try client.call("system.cancel", #"{"id":\#(id)}"#).reason == "INVALID_PARAMS")
    }
  }

  @Test("is not one whose change has been sent to a Redis that is busy: it goes on")
  func sent() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, ["--set", "store.commandTimeout=20s"])
    let client = try daemon.readyClient()
    let creation = #"{"operationType":"form","data":1,"backend":"store"}"#
    let token = try #require(try client.call("pending.create", creation)["token"] as? String)
    try redis.pauseWrites()
    let consume = #"{"token":"\#(token)","operationType":"form"}"#
    try client.send(LineClient.request("pending.consume", consume, id: 70))
    // Commands and answers leave together: what it writes, on what this sidecar has written last, is out.
    for _ in 0..<2 { _ = try client.call("system.ping", "{}") }
    #expect(try client.call("system.cancel", #"{"id":70}"#)["cancelled"] as? Bool == false)
    try redis.resumeWrites()
    let answer = Answer(try client.readLine())
    #expect(answer.id == 70)
    #expect(answer["data"] as? Int == 1, "\(answer)")
  }
}
