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

  @Test(
    "holds nothing afterwards: the claim, or the lease, that it waited for is the next one's",
    arguments: [true, false])
  func next(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis)
    let (holder, waiter) = (try daemon.readyClient(), try daemon.readyClient())
    /// Has two wait one behind the other, takes back the first, and tells what the second is given.
    func given(_ method: String, _ first: String, _ second: String, afterwards: () throws -> Void)
      throws -> Answer
    {
      for (id, params) in [(70, first), (72, second)] {
        try waiter.send(LineClient.request(method, params, id: id))
        _ = try waiter.call("kv.exists", #"{"key":"-"}"#)
      }
      try waiter.send(LineClient.request("system.cancel", #"{"id":70}"#, id: 71))
      let ids = try waiter.readLines(2).map { Answer($0).id ?? 0 }
      #expect(ids.sorted() == [70, 71])
      try afterwards()
      let answer = Answer(try waiter.readLine())
      #expect(answer.id == 72, "\(answer)")
      return answer
    }
    func claim(_ owner: String) -> String {
      #"{"key":"c","owner":"\#(owner)","ttl":"1h","waitMs":60000}"#
    }
    _ = try holder.call("claim.once", claim("holder"))
    let claimed = try given("claim.once", claim("first"), claim("second")) {
      _ = try holder.call("claim.release", #"{"key":"c","owner":"holder"}"#)
    }
    #expect(claimed["owner"] as? String == "second", "\(claimed)")
    let lease = try holder.lease("v", #","leaseTtl":"1h""#)
    let get = #"{"key":"v","leaseTtl":"1h","waitMs":60000}"#
    let leased = try given("cache.get", get, get) {
      _ = try holder.call("cache.release", #"{"key":"v","lease":"\#(lease)"}"#)
    }
    let second = try #require(leased["lease"] as? String, "\(leased)")
    // Nor is it given to one who is there no more once it is free again.
    _ = try holder.call("cache.release", #"{"key":"v","lease":"\#(second)"}"#)
    #expect(try holder.call("cache.get", #"{"key":"v"}"#)["lease"] is String)
  }

  /// A call that has a place in a queue, or is about to be given something.
  struct Holding: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let method: String
    /// Does what comes before it, and answers its parameters.
    let prepare: @Sendable (LineClient) throws -> String
    /// Whether another gets what it has asked for, without waiting.
    let take: @Sendable (_ params: String, LineClient) throws -> Bool

    init(
      _ what: String, _ method: String, prepare: @escaping @Sendable (LineClient) throws -> String,
      take: @escaping @Sendable (_ params: String, LineClient) throws -> Bool
    ) {
      testDescription = what
      self.method = method
      self.prepare = prepare
      self.take = take
    }
  }

  private static let holdings = [
    Holding("a place in a claim's queue", "claim.once") { client in
      _ = try client.call("claim.once", #"{"key":"q","owner":"holder","ttl":"1h"}"#)
      return #"{"key":"q","owner":"waiter","waitMs":60000}"#
    } take: { _, client in
      let release = try client.call("claim.release", #"{"key":"q","owner":"holder"}"#)
      #expect(release["released"] as? Bool == true, "\(release)")
      return try client.call("claim.once", #"{"key":"q","owner":"next"}"#)["claimed"] as? Bool
        == true
    },
    Holding("a claim", "claim.once") { _ in
      #"{"key":"c","owner":"first","ttl":"1h","waitMs":60000}"#
    } take: { _, client in
      try client.call("claim.once", #"{"key":"c","owner":"next"}"#)["claimed"] as? Bool == true
    },
    Holding("a guard's run", "idempotency.begin") { _ in
      #"{"key":"e","lockTtl":"1h","waitMs":60000}"#
    } take: { _, client in
      try client.call("idempotency.begin", #"{"key":"e"}"#)["status"] as? String == "new"
    },
    Holding("an operation", "pending.checkout") { client in
      let creation = #"{"operationType":"form","data":1,"backend":"store"}"#
      let token = try #require(try client.call("pending.create", creation)["token"] as? String)
      return #"{"token":"\#(token)","operationType":"form"}"#
    } take: { params, client in
      try client.call("pending.checkout", params)["receipt"] is String
    },
    Holding("a session", "session.checkout") { client in
      let created = try client.call("session.create", #"{"data":{}}"#)
      let id = try #require(created["sessionId"] as? String, "\(created)")
      return #"{"sessionId":"\#(id)"}"#
    } take: { params, client in
      try client.call("session.checkout", params)["receipt"] is String
    },
  ]

  /// Waits until Redis has a write that it holds back, and with it all that comes on that connection.
  private static func waitForWrite(_ redis: RedisServer) throws {
    try eventually("a write") { try redis.command(["CLIENT", "LIST"]).contains("flags=b") }
  }

  @Test("is told so when it holds nothing any more, and not before", arguments: holdings)
  func truth(_ test: Holding) throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "30s", loops: 2)
    let (client, next) = (try daemon.readyClient(), try daemon.readyClient())
    let params = try test.prepare(next)
    if test.method == "claim.once", params.contains(#""q""#) {
      try client.send(LineClient.request(test.method, params, id: 70))
      _ = try client.call("kv.exists", #"{"key":"-"}"#)
      try redis.pauseWrites()
    } else {
      try redis.pauseWrites()
      try client.send(LineClient.request(test.method, params, id: 70))
      try Self.waitForWrite(redis)
    }
    // Its own answer is there at once. Nothing else is, however often it is looked for.
    #expect(try client.call("system.cancel", #"{"id":70}"#)["cancelled"] as? Bool == true)
    try Self.waitForWrite(redis)
    for _ in 0..<3 { _ = try client.call("system.ping", "{}") }
    #expect(try client.availableLines().isEmpty)
    try redis.resumeWrites()
    let answer = Answer(try client.readLine())
    #expect(answer.id == 70 && answer.reason == "CANCELLED", "\(answer)")
    #expect(answer.text.contains("nothing was done"))
    #expect(try test.take(params, next))
  }

  @Test("is told so in time by a sidecar whose store doesn't answer, which lets go later")
  func bounded() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "500ms")
    let (client, next) = (try daemon.readyClient(), try daemon.readyClient())
    _ = try next.call("claim.once", #"{"key":"c","owner":"holder","ttl":"1h"}"#)
    try client.send(
      LineClient.request("claim.once", #"{"key":"c","owner":"waiter","waitMs":60000}"#, id: 70))
    _ = try client.call("kv.exists", #"{"key":"-"}"#)
    redis.pause()
    try client.send(LineClient.request("system.cancel", #"{"id":70}"#, id: 71))
    let answers = try client.readLines(2).map { Answer($0) }
    let answer = try #require(answers.first { $0.id == 70 })
    #expect(answer.reason == "CANCELLED")
    #expect(answer.text.contains("as soon as the store answers"), "\(answer)")
    redis.resume()
    try next.waitForStore()
    _ = try next.call("claim.release", #"{"key":"c","owner":"holder"}"#)
    let isFree = try eventually {
      try next.call("claim.once", #"{"key":"c","owner":"next"}"#)["claimed"] as? Bool == true
    }
    #expect(isFree)
  }

  @Test(
    "is told so by a crowd that is cancelled together, each when its own place is given up",
    arguments: [true, false])
  func crowd(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon =
      try redis.map { try RedisSidecar.start($0.socketPath, patience: "30s", loops: 2) }
      ?? Daemon(["--loops", "2"])
    let (waiter, next) = (try daemon.readyClient(), try daemon.readyClient())
    let size = 100
    func claim(_ key: String, _ owner: String, waitMs: Int = 0) -> String {
      #"{"key":"\#(key)","owner":"\#(owner)","ttl":"1h","waitMs":\#(waitMs)}"#
    }
    for round in 0..<10 {
      // The last one waits for another claim than those before it.
      let keys = (0..<size).map { $0 == size - 1 ? "last-\(round)" : "crowd-\(round)" }
      for key in Set(keys) { _ = try next.call("claim.once", claim(key, "holder")) }
      try waiter.send(
        keys.enumerated().map {
          LineClient.request("claim.once", claim($1, "w\($0)", waitMs: 60000), id: 1000 + $0)
        }.joined())
      _ = try waiter.call("kv.exists", #"{"key":"-"}"#)
      try waiter.send(
        (0..<size).map {
          LineClient.request("system.cancel", #"{"id":\#(1000 + $0)}"#, id: 5000 + $0)
        }.joined())
      // Not taken apart before the other asks: that would leave the sidecar time.
      var told = ""
      let hasTold = try eventually {
        LineClient.waitForInput(on: [waiter], within: .seconds(1))
        told += try waiter.availableText()
        return told.contains("\"id\":\(999 + size),\"error\"")
      }
      guard hasTold else { return }
      try next.send(
        LineClient.request("claim.release", #"{"key":"last-\#(round)","owner":"holder"}"#, id: 1)
          + LineClient.request("claim.once", claim("last-\(round)", "next"), id: 2))
      let answer = Answer(try next.readLines(2)[1])
      #expect(answer["claimed"] as? Bool == true, "\(round): \(answer)")
      try eventually {
        told += try waiter.availableText()
        return told.split(separator: "\n").count == 2 * size
      }
      #expect(told.split(separator: "\n").count { $0.contains("CANCELLED") } == size)
    }
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

  @Test("is ended when a change that was under way has come to nothing, and it would wait")
  func later() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, ["--set", "store.commandTimeout=20s"])
    let client = try daemon.readyClient()
    for (number, (before, method, params)) in Self.waits.enumerated() {
      for (method, params) in before { _ = try client.call(method, params) }
      try redis.pauseWrites()
      // With a key its first step is kept, and can't be taken back.
      let keyed = params.dropLast() + #","idempotencyKey":"key-\#(number)-0123456789"}"#
      try client.send(LineClient.request(method, String(keyed), id: 70))
      for _ in 0..<2 { _ = try client.call("system.ping", "{}") }
      try client.send(LineClient.request("system.cancel", #"{"id":70}"#, id: 71))
      let told = Answer(try client.readLine())
      try redis.resumeWrites()
      let ended = told.id == 70 ? told : Answer(try client.readLine())
      #expect(ended.id == 70 && ended.reason == "CANCELLED", "\(method): \(ended)")
      if told.id == 70 { _ = try client.readLine() }
    }
  }
}
