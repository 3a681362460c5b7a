import Support
import Testing

@Suite("Who waits for a cached value", .timeLimit(.minutes(3)))
struct CacheWaitTests {
  /// A sidecar of one event loop, with the store in memory or in a Redis.
  private static func sidecar(_ redis: RedisServer?) throws -> Daemon {
    try redis.map { try RedisSidecar.start($0.socketPath, patience: "30s") }
      ?? Daemon(["--loops", "1"])
  }

  @Test(
    "and makes none gets what another brings, and is told as soon as nobody is making it any more",
    arguments: [true, false])
  func looking(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis)
    let (maker, looker) = (try daemon.readyClient(), try daemon.readyClient())
    func answer() throws -> Answer { Answer(try looker.readLine(within: .seconds(20))) }
    let brought = try maker.lease("k", #","leaseTtl":"1h""#)
    try looker.sendWaitingGet("k", #","lease":false"#)
    #expect(try maker.cache("k", 1, #","lease":"\#(brought)""#) == "ok")
    let given = try answer()
    #expect(given["status"] as? String == "hit" && given["value"] as? Int == 1, "\(given)")
    // Without anybody at it there is nothing to wait for: after a release, a lapse, and from the first.
    try maker.invalidate(#"{"keys":["k"]}"#)
    let released = try maker.lease("k", #","leaseTtl":"1h""#)
    try looker.sendWaitingGet("k", #","lease":false"#)
    _ = try maker.call("cache.release", #"{"key":"k","lease":"\#(released)"}"#)
    #expect(try answer()["status"] as? String == "miss")
    _ = try maker.lease("k", #","leaseTtl":"1s""#)
    try looker.sendWaitingGet("k", #","lease":false"#)
    let lapsed = try answer()
    #expect(lapsed["status"] as? String == "miss" && lapsed["lease"] == nil, "\(lapsed)")
    #expect(try looker.cached("k", #","waitMs":60000"#) == "miss")
  }

  @Test(
    "and can't make it, keeps nobody behind from doing so when the maker has died",
    arguments: [true, false])
  func lookerFirst(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis)
    let (looker, next) = (try daemon.readyClient(), try daemon.readyClient())
    _ = try daemon.readyClient().lease("k", #","leaseTtl":"1500ms""#)
    try looker.sendWaitingGet("k", #","lease":false"#)
    try next.sendWaitingGet("k", #","leaseTtl":"1h""#)
    let seen = Answer(try looker.readLine(within: .seconds(20)))
    #expect(seen["status"] as? String == "miss" && seen["lease"] == nil, "\(seen)")
    let leased = Answer(try next.readLine(within: .seconds(20)))
    #expect(leased["lease"] is String, "\(leased)")
  }

  @Test(
    "and is cancelled, or too late, holds nothing, whenever that comes", arguments: [true, false])
  func givenUp(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis)
    let (maker, waiter) = (try daemon.readyClient(), try daemon.readyClient())
    var told: [String: Int] = [:]
    var pause = Duration.microseconds(300)
    for round in 0..<400 {
      let key = "k\(round)"
      let lease = try maker.lease(key, #","leaseTtl":"1h""#)
      try waiter.sendWaitingGet(key, #","leaseTtl":"1h""#)
      let (cancel, release) = (
        LineClient.request("system.cancel", #"{"id":1}"#, id: 3),
        LineClient.request("cache.release", #"{"key":"\#(key)","lease":"\#(lease)"}"#)
      )
      // What is given and what gives it up meet each other: each comes a little sooner the next time.
      try maker.send(release)
      let start = ContinuousClock.now
      while start.duration(to: .now) < pause {}
      try waiter.send(cancel)
      let answers = try waiter.readLines(2).map { Answer($0) }
      _ = try maker.readLine()
      let end = try #require(answers.first { $0.id == 1 })
      told[end.reason ?? "", default: 0] += 1
      pause = min(pause * (end.reason == nil ? 0.8 : 1.3), .milliseconds(50))
      if end.reason == nil { continue }
      let next = try maker.call("cache.get", #"{"key":"\#(key)","waitMs":10000,"leaseTtl":"1h"}"#)
      #expect(next["lease"] is String, "\(round): \(end), then \(next)")
    }
    // It says something only if both have come first.
    #expect(told.keys.sorted() == ["", "CANCELLED"], "\(told)")
  }

  @Test("and is gone keeps no place: the next one's is the lease", arguments: [true, false])
  func gone(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis)
    let (maker, next) = (try daemon.readyClient(), try daemon.readyClient())
    let lease = try maker.lease("k", #","leaseTtl":"1h""#)
    var first: LineClient? = try daemon.readyClient()
    try first?.sendWaitingGet("k", #","leaseTtl":"1h""#)
    try next.sendWaitingGet("k", #","leaseTtl":"1h""#)
    first = nil
    #expect(try eventually { try maker.metrics().sum("connections") == 2 })
    _ = try maker.call("cache.release", #"{"key":"k","lease":"\#(lease)"}"#)
    let answer = Answer(try next.readLine(within: .seconds(20)))
    #expect(answer["lease"] is String, "\(answer)")
  }

  @Test("for longer than its deadline holds nothing, though its lease was on its way")
  func deadline() throws {
    let redis = try RedisServer()
    let daemon = try Self.sidecar(redis)
    let clients = [try daemon.readyClient(), try daemon.readyClient()]
    // The scripts are known from here on.
    _ = try clients[0].lease("first", #","tags":["t"]"#)
    try redis.pauseWrites()
    for (key, more) in [("a", ""), ("b", #","tags":["t"]"#)] {
      let late = try clients[0].call(
        "cache.get", #"{"key":"\#(key)","leaseTtl":"1h","deadlineMs":150\#(more)}"#)
      #expect(late.reason == "DEADLINE_EXCEEDED", "\(late)")
    }
    try redis.resumeWrites()
    for key in ["a", "b"] {
      let next = try clients[1].call("cache.get", #"{"key":"\#(key)","waitMs":10000}"#)
      #expect(next["lease"] is String, "\(next)")
    }
  }
}

@Suite("The life of a cached value", .timeLimit(.minutes(1)))
struct CacheLifeTests {
  @Test("is as long as ttl, or shorter by up to what jitter says, at random")
  func jitter() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    let ttl = 1_000_000
    for (more, least) in [
      (#","jitter":0"#, ttl), ("", 900_000), (#","jitter":0.1"#, 900_000),
      (#","jitter":0.9"#, 100_000),
    ] {
      var lives: Set<Int> = []
      for number in 0..<60 {
        #expect(try client.cache("k\(number)", 1, #","ttl":"\#(ttl)ms"\#(more)"#) == "ok")
        let life = try redis.command(["PTTL", "cloakroom:default:cache:k\(number)"])
        lives.insert(try #require(Int(life.filter(\.isNumber)), "\(life)"))
      }
      // A little of it may be over.
      let (shortest, longest) = (lives.min() ?? 0, lives.max() ?? 0)
      #expect(shortest > least - 10_000 && longest <= ttl, "\(more): \(shortest)…\(longest)")
      if least < ttl { #expect(longest - shortest > (ttl - least) / 2, "\(more)") }
    }
  }
}
