import Support
import Testing

@Suite("Waiting for a claim", .timeLimit(.minutes(2)))
struct ClaimWaitTests {
  /// A sidecar on a Redis, or with the store in memory.
  private static func sidecar(_ redis: RedisServer?, _ options: [String] = []) throws -> Daemon {
    try redis.map { try RedisSidecar.start($0.socketPath, loops: 2, options) } ?? Daemon(options)
  }

  /// What a heartbeat, three seconds after the one before, does not help with.
  static let prompt = Duration.milliseconds(2900)

  private static func hold(_ client: LineClient, ttl: String = "1h") throws {
    let answer = try client.call("claim.once", #"{"key":"job","owner":"holder","ttl":"\#(ttl)"}"#)
    #expect(answer["claimed"] as? Bool == true, "\(answer)")
  }

  private static func release(_ client: LineClient) throws {
    let answer = try client.call("claim.release", #"{"key":"job","owner":"holder"}"#)
    #expect(answer["released"] as? Bool == true, "\(answer)")
  }

  private static func want(_ owner: String, waitMs: Int = 60_000, _ more: String = "") -> String {
    LineClient.request(
      "claim.once", #"{"key":"job","owner":"\#(owner)","waitMs":\#(waitMs)\#(more)}"#)
  }

  @Test("ends as soon as the holder releases it", arguments: [true, false])
  func release(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis)
    let holder = try daemon.readyClient()
    let waiters = try (0..<5).map { _ in try daemon.readyClient() }
    try Self.hold(holder)
    for (index, waiter) in waiters.enumerated() {
      try waiter.send(Self.want("waiter \(index)"))
      // Answered after the step before it: the queue is joined in this order, on whichever loop.
      try waiter.send(LineClient.request("kv.exists", #"{"key":"-"}"#, id: 2))
      #expect(Answer(try waiter.readLine()).id == 2)
    }
    try Self.release(holder)
    for (index, waiter) in waiters.enumerated() {
      let answer = Answer(try waiter.readLine(within: Self.prompt))
      #expect(answer["claimed"] as? Bool == true)
      #expect(answer["owner"] as? String == "waiter \(index)")
      let release = #"{"key":"job","owner":"waiter \#(index)"}"#
      #expect(try waiter.call("claim.release", release)["released"] as? Bool == true)
    }
  }

  @Test("ends when the holder's time is over", arguments: [true, false])
  func expiry(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis)
    let holder = try daemon.readyClient()
    let waiter = try daemon.readyClient()
    try Self.hold(holder, ttl: "300ms")
    try waiter.send(Self.want("waiter"))
    #expect(Answer(try waiter.readLine(within: Self.prompt))["claimed"] as? Bool == true)
  }

  @Test("ends earlier when the holder renews for less", arguments: [true, false])
  func shortened(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis)
    let holder = try daemon.readyClient()
    let waiter = try daemon.readyClient()
    try Self.hold(holder)
    try waiter.send(Self.want("waiter"))
    try waiter.send(LineClient.request("kv.exists", #"{"key":"-"}"#, id: 2))
    #expect(Answer(try waiter.readLine()).id == 2)
    #expect(
      try holder.call("claim.renew", #"{"key":"job","owner":"holder","ttl":"50ms"}"#)["fence"]
        != nil)
    #expect(Answer(try waiter.readLine(within: Self.prompt))["claimed"] as? Bool == true)
  }

  @Test("ends with the holder's name when it was long enough", arguments: [true, false])
  func over(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis)
    let holder = try daemon.readyClient()
    let waiter = try daemon.readyClient()
    try Self.hold(holder)
    let start = ContinuousClock.now
    try waiter.send(Self.want("waiter", waitMs: 200))
    let answer = Answer(try waiter.readLine())
    #expect(start.duration(to: .now) >= .milliseconds(200))
    #expect(answer["claimed"] as? Bool == false)
    #expect(answer["owner"] as? String == "holder")
    #expect(answer["expiresAt"] as? String != nil)
    // Nobody waits any more.
    try Self.release(holder)
    try Self.hold(holder)
  }

  @Test("ends with a call's deadline, and holds nobody up", arguments: [true, false])
  func deadline(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis)
    let holder = try daemon.readyClient()
    let waiter = try daemon.readyClient()
    try Self.hold(holder)
    try waiter.send(Self.want("waiter", #","deadlineMs":150"#))
    #expect(Answer(try waiter.readLine()).reason == "DEADLINE_EXCEEDED")
    try Self.release(holder)
    // A waiter that leaves tells the store so a moment later.
    let isFree = try eventually {
      try holder.call("claim.once", #"{"key":"job","owner":"holder"}"#)["claimed"] as? Bool == true
    }
    #expect(isFree)
  }

  @Test("ends with the client, and the next one's turn comes", arguments: [true, false])
  func gone(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis)
    let holder = try daemon.readyClient()
    let last = try daemon.readyClient()
    try Self.hold(holder)
    do {
      let first = try daemon.readyClient()
      try first.send(Self.want("first") + LineClient.request("kv.exists", #"{"key":"-"}"#, id: 2))
      #expect(Answer(try first.readLine()).id == 2)
      try last.send(Self.want("last") + LineClient.request("kv.exists", #"{"key":"-"}"#, id: 2))
      #expect(Answer(try last.readLine()).id == 2)
    }
    try Self.release(holder)
    #expect(Answer(try last.readLine(within: Self.prompt))["owner"] as? String == "last")
  }

  /// What a call says beside its key and owner, and whether its client goes away.
  static let lateGrants = [
    (#","deadlineMs":100"#, false), (#","deadlineMs":100,"waitMs":60000"#, false), ("", true),
    (#","bindToConnection":true"#, true), (#","waitMs":60000"#, true),
  ]

  @Test("or not, frees a claim that is granted when nobody waits any more", arguments: lateGrants)
  func lateGrant(parameters: String, isGone: Bool) throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "20s")
    let other = try daemon.readyClient()
    var client: LineClient? = try daemon.readyClient()
    redis.pause()
    try client?.send(
      LineClient.request("claim.once", #"{"key":"job","owner":"late"\#(parameters)}"#))
    if isGone {
      client = nil
      #expect(try eventually { try other.metrics().sum("connections") == 1 })
    } else {
      #expect(Answer(try #require(try client?.readLine())).reason == "DEADLINE_EXCEEDED")
    }
    redis.resume()
    let isFree = try eventually {
      let state = try other.call("claim.inspect", #"{"key":"job"}"#)
      // A fence says that it was granted.
      return state["fence"] is Int && state["held"] as? Bool == false
    }
    #expect(isFree)
  }

  @Test("ends when the sidecar stops, and leaves nothing behind")
  func stop() throws {
    let redis = try RedisServer()
    let daemon = try Self.sidecar(redis)
    let holder = try daemon.readyClient()
    let waiter = try daemon.readyClient()
    let bound = #"{"key":"job","owner":"holder","bindToConnection":true}"#
    #expect(try holder.call("claim.once", bound)["claimed"] as? Bool == true)
    try waiter.send(Self.want("waiter") + LineClient.request("kv.exists", #"{"key":"-"}"#, id: 2))
    #expect(Answer(try waiter.readLine()).id == 2)
    daemon.process.signal(15)
    #expect(Answer(try waiter.readLine()).reason == "UNAVAILABLE")
    #expect(daemon.process.waitForExit(within: .seconds(10)) == .status(0))
    #expect(
      try redis.command(["HKEYS", "cloakroom:default:claim:job"]).split(separator: "\n").sorted()
        == ["fence", "first", "last"])
  }

  @Test("is refused to more than may wait, and counted", arguments: [true, false])
  func limit(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis, ["--set", "limits.claimWaiters=3"])
    let holder = try daemon.readyClient()
    let waiter = try daemon.readyClient()
    try Self.hold(holder)
    for index in 0..<3 { try waiter.send(Self.want("waiter \(index)")) }
    try waiter.send(Self.want("one too many"))
    let answer = Answer(try waiter.readLine())
    #expect(answer.reason == "OVERLOADED")
    #expect(answer.detail("limit") as? String == "claim_waiters")
    #expect(try holder.metrics().sum("limit_hits_total", ["limit": "claim_waiters"]) == 1)
  }

  @Test("goes on over a Redis that is killed and comes back empty")
  func outage() throws {
    let redis = try RedisServer()
    let daemon = try Self.sidecar(redis)
    let holder = try daemon.readyClient()
    let waiters = try (0..<3).map { _ in try daemon.readyClient() }
    try Self.hold(holder)
    for (index, waiter) in waiters.enumerated() {
      try waiter.send(
        Self.want("waiter \(index)") + LineClient.request("kv.exists", #"{"key":"-"}"#, id: 2))
      #expect(Answer(try waiter.readLine()).id == 2)
    }
    redis.kill()
    try redis.restart()
    // The claim is lost with the data: the first to ask has it, and the others after that.
    var owners: Set<String> = []
    let granted = try eventually {
      for waiter in waiters {
        guard let line = try? waiter.readLine(within: .milliseconds(20)) else { continue }
        let owner = try #require(Answer(line)["owner"] as? String, "\(line)")
        owners.insert(owner)
        let release = try waiter.call("claim.release", #"{"key":"job","owner":"\#(owner)"}"#)
        #expect(release["released"] as? Bool == true)
      }
      return owners.count == 3
    }
    #expect(granted)
  }
}
