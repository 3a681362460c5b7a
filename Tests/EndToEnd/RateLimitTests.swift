internal import Glibc
internal import Support
internal import Testing

@Suite("Rate limits", .timeLimit(.minutes(3)), .serialized)
struct RateLimitTests {
  /// A limit that no test sees come back.
  private static let slow = #""limit":3,"window":"1h""#

  @Test("are kept over all sidecars, to the last one")
  func crowd() throws {
    let redis = try RedisServer()
    let sidecars = try (0..<4).map { try RedisSidecar.start(redis.socketPath, loops: 1 + $0 % 2) }
    let clients = try sidecars.flatMap { sidecar in
      try (0..<3).map { _ in try sidecar.readyClient() }
    }
    // A tenth of a second for each, ten at once.
    let params = #"{"key":"crowd","limit":100,"window":10,"burst":10}"#
    // By the clock that doesn't jump: from before the first was sent until the last was answered.
    let start = ContinuousClock.now
    var admitted = 0
    var denied = 0
    let requests = Array(repeating: (method: "ratelimit.check", params: params), count: 50)
    while ContinuousClock.now - start < .seconds(5) {
      for client in clients { try client.sendAll(requests) }
      for client in clients {
        for answer in try client.readAll(requests.count).values {
          let isAllowed = try #require(answer["allowed"] as? Bool)
          #expect(answer["checked"] as? Bool == true)
          if isAllowed { admitted += 1 } else { denied += 1 }
        }
      }
    }
    let elapsed = ContinuousClock.now - start
    let milliseconds =
      Int(elapsed.components.seconds) * 1000
      + Int(elapsed.components.attoseconds / 1_000_000_000_000_000)
    let most = 10 + milliseconds / 100
    #expect(admitted <= most, "\(admitted) of \(most) in \(elapsed)")
    // Nothing that it allows is held back for longer than its callers take to ask again.
    #expect(admitted >= most / 2, "\(admitted) of \(most) in \(elapsed)")
    // Each decision is counted once, in one sidecar.
    let metrics = try stride(from: 0, to: clients.count, by: 3).map { try clients[$0].metrics() }
    let decisions = { (decision: String) in
      metrics.reduce(0) { $0 + $1.sum("rate_limit_decisions_total", ["decision": decision]) }
    }
    #expect(decisions("allowed") == Double(admitted))
    #expect(decisions("denied") + decisions("denied_locally") == Double(denied))
    #expect(decisions("denied_locally") > 0 && denied > 1000)
  }

  @Test("are refused by the sidecar itself until a reset, and counted")
  func refusals() throws {
    let redis = try RedisServer()
    let sidecar = try RedisSidecar.start(redis.socketPath, loops: 2)
    let clients = try (0..<4).map { _ in try sidecar.readyClient() }
    let params = #"{"key":"u",\#(Self.slow)}"#
    for left in [2, 1, 0] {
      #expect(try clients[0].call("ratelimit.check", params)["remaining"] as? Int == left)
    }
    for _ in 0..<10 {
      for client in clients {
        let answer = try client.call("ratelimit.check", params)
        #expect(answer["allowed"] as? Bool == false && answer["remaining"] as? Int == 0)
        #expect((1_190_000...1_200_000).contains(answer["retryAfterMs"] as? Int ?? 0))
      }
    }
    let metrics = try clients[0].metrics()
    let decisions = { metrics.sum("rate_limit_decisions_total", ["decision": $0]) }
    #expect(decisions("allowed") == 3)
    #expect(decisions("denied") + decisions("denied_locally") == 40)
    #expect(decisions("denied_locally") >= 20)
    // On whatever loop the next one asks.
    #expect(try clients[0].call("ratelimit.reset", #"{"key":"u"}"#)["reset"] as? Bool == true)
    for client in clients.prefix(3) {
      #expect(try client.call("ratelimit.check", params)["allowed"] as? Bool == true)
    }
    #expect(try clients[3].call("ratelimit.check", params)["allowed"] as? Bool == false)
  }

  @Test("cost Redis one script for each check, and nothing else")
  func cost() throws {
    let redis = try RedisServer()
    let sidecar = try RedisSidecar.start(redis.socketPath)
    let client = try sidecar.readyClient()
    for (limit, window, others) in [(100, "1h", ""), (7, "1s", ""), (100, "1h", "tenant")] {
      let one = #"{"key":"u\#(limit)\#(others)","limit":\#(limit),"window":"\#(window)"}"#
      let params =
        others.isEmpty ? one : #"{"all":[\#(one),{"key":"\#(others)",\#(Self.slow)}]}"#
      var allowed = 0
      let calls = try redis.calls {
        for _ in 0..<20 {
          if try client.call("ratelimit.check", params)["allowed"] as? Bool == true { allowed += 1 }
        }
      }
      let denied = try client.metrics()
        .sum("rate_limit_decisions_total", ["decision": "denied_locally"])
      let keys = others.isEmpty ? 1 : 2
      let asked = 20 - (keys == 1 ? Int(denied) : 0)
      #expect(allowed > 0)
      #expect(
        calls == ["evalsha": asked, "get": asked * keys, "set": allowed * keys], "\(params)")
    }
  }

  @Test("that another sidecar resets are allowed again within a second or so")
  func elsewhere() throws {
    let redis = try RedisServer()
    let sidecars = try (0..<2).map { _ in try RedisSidecar.start(redis.socketPath) }
    let clients = try sidecars.map { try $0.readyClient() }
    let params = #"{"key":"u",\#(Self.slow)}"#
    for _ in 0..<4 { try clients[0].call("ratelimit.check", params) }
    try clients[1].call("ratelimit.reset", #"{"key":"u"}"#)
    let isAllowed = try eventually("the reset", within: .seconds(2)) {
      try clients[0].call("ratelimit.check", params)["allowed"] as? Bool == true
    }
    #expect(isAllowed)
  }

  @Test("that lie on several shards are refused together, and nothing is taken")
  func shards() throws {
    // One node that has all slots checks them as any other.
    let redis = try RedisServer(arguments: ["--cluster-enabled", "yes"])
    _ = try redis.command(["CLUSTER", "ADDSLOTSRANGE", "0", "16383"])
    let sidecar = try RedisSidecar.start(redis.socketPath)
    let client = try sidecar.readyClient()
    let all = #"{"all":[{"key":"a",\#(Self.slow)},{"key":"b",\#(Self.slow)}]}"#
    let isReady = try eventually("the cluster") {
      try client.call("ratelimit.check", all).reason == "CROSS_SLOT"
    }
    #expect(isReady)
    for key in ["a", "b"] {
      let params = #"{"key":"\#(key)",\#(Self.slow)}"#
      #expect(try client.call("ratelimit.check", params)["remaining"] as? Int == 2)
    }
    // Several windows of one key are one value.
    let one = #"{"all":[{"key":"a",\#(Self.slow)},{"key":"a","limit":9,"window":"1d"}]}"#
    #expect(try client.call("ratelimit.check", one)["allowed"] as? Bool == true)
  }

  @Test(
    "that the store can't be asked for are answered as the call says", arguments: [true, false])
  func unavailable(isKilled: Bool) throws {
    let redis = try RedisServer()
    let sidecar = try RedisSidecar.start(redis.socketPath, patience: "200ms")
    let client = try sidecar.readyClient()
    if isKilled { redis.kill() } else { redis.pause() }
    defer { redis.resume() }
    for (word, isAllowed) in [
      ("", false), (#","onUnavailable":"deny""#, false), (#","onUnavailable":"allow""#, true),
    ] {
      for _ in 0..<2 {
        let answer = try client.call("ratelimit.check", #"{"key":"u",\#(Self.slow)\#(word)}"#)
        #expect(answer["allowed"] as? Bool == isAllowed)
        #expect(answer["checked"] as? Bool == false && answer["limit"] as? Int == 3)
        #expect(((answer["retryAfterMs"] as? Int ?? -1) > 0) == !isAllowed)
        let list = try client.call(
          "ratelimit.check", #"{"all":[{"key":"u",\#(Self.slow)}]\#(word)}"#)
        #expect(list["allowed"] as? Bool == isAllowed && list["checked"] as? Bool == false)
        #expect((list["results"] as? [Any])?.count == 1)
      }
    }
    let metrics = try client.metrics()
    let decisions = { metrics.sum("rate_limit_decisions_total", ["decision": $0]) }
    #expect(decisions("denied_unchecked") == 8 && decisions("allowed_unchecked") == 4)
    // A look has nothing to fall back to.
    #expect(try client.call("ratelimit.peek", #"{"key":"u",\#(Self.slow)}"#).reason != nil)
  }

  @Test(
    "are taken within a deadline, or the caller is told that nobody knows",
    arguments: [true, false])
  func deadline(isRedis: Bool) throws {
    let redis = isRedis ? try RedisServer() : nil
    let sidecar = try Daemon(redis.map { ["--redis", "unix://\($0.socketPath)"] } ?? [])
    let client = try sidecar.client()
    if isRedis { try client.waitForStore() }
    let check = { (milliseconds: Int) in
      try client.call(
        "ratelimit.check", #"{"key":"u",\#(Self.slow),"deadlineMs":\#(milliseconds)}"#)
    }
    for left in [2, 1] { #expect(try check(20_000)["remaining"] as? Int == left) }
    guard let redis else { return }
    redis.pause()
    defer { redis.resume() }
    #expect(try check(50).reason == "OUTCOME_UNKNOWN")
    redis.resume()
    // It was sent, and done.
    #expect(try check(20_000)["allowed"] as? Bool == false)
  }

  @Test("that a full Redis can't write are unchecked, not errors")
  func refused() throws {
    let redis = try RedisServer()
    let sidecar = try RedisSidecar.start(redis.socketPath)
    let client = try sidecar.readyClient()
    _ = try redis.command(["CONFIG", "SET", "maxmemory", "1"])
    let answer = try client.call("ratelimit.check", #"{"key":"u",\#(Self.slow)}"#)
    #expect(answer["allowed"] as? Bool == false && answer["checked"] as? Bool == false)
  }

  @Test(
    "have names in the configuration, and stand beside others on the same key",
    arguments: [true, false])
  func policies(isRedis: Bool) throws {
    let redis = isRedis ? try RedisServer() : nil
    let sidecar = try Daemon(
      redis.map { ["--redis", "unix://\($0.socketPath)"] } ?? [],
      configuration:
        #"{"ratelimit":{"policies":{"login":{"limit":5,"window":"1h","burst":2},"api":{"limit":9,"window":"1d"}}}}"#
    )
    let client = try sidecar.client()
    if isRedis { try client.waitForStore() }
    let login = #"{"key":"u","policy":"login"}"#
    for left in [1, 0] {
      let answer = try client.call("ratelimit.check", login)
      #expect(answer["allowed"] as? Bool == true && answer["limit"] as? Int == 5)
      #expect(answer["remaining"] as? Int == left)
    }
    #expect(try client.call("ratelimit.check", login)["retryAfterMs"] as? Int ?? 0 > 700_000)
    let all =
      #"{"all":[{"key":"u","policy":"api"},{"key":"u","policy":"login"},{"key":"u",\#(Self.slow)}]}"#
    let answer = try client.call("ratelimit.check", all)
    #expect(answer["allowed"] as? Bool == false && answer["limit"] as? Int == 5)
    let results = try #require(answer["results"] as? [[String: Any]])
    #expect(results.map { $0["allowed"] as? Bool } == [true, false, true])
    #expect(results.map { $0["remaining"] as? Int } == [9, 0, 3])
    #expect(try client.call("ratelimit.reset", login)["reset"] as? Bool == true)
    #expect(try client.call("ratelimit.check", all)["allowed"] as? Bool == true)
    #expect(
      try client.call("ratelimit.peek", #"{"key":"u","policy":"api"}"#)["remaining"] as? Int == 8)
    #expect(
      try client.call("ratelimit.check", #"{"key":"u","policy":"none"}"#).reason == "INVALID_PARAMS"
    )
  }

  @Test("are taken once by a call that is repeated under its key", arguments: [true, false])
  func repeated(isRedis: Bool) throws {
    let redis = isRedis ? try RedisServer() : nil
    let sidecar = try Daemon(redis.map { ["--redis", "unix://\($0.socketPath)"] } ?? [])
    let client = try sidecar.client()
    if isRedis { try client.waitForStore() }
    for (key, left) in [("a", 2), ("a", 2), ("b", 1), ("a", 2), ("c", 0), ("b", 1)] {
      let params = #"{"key":"u",\#(Self.slow),"idempotencyKey":"\#(key)"}"#
      let answer = try client.call("ratelimit.check", params)
      #expect(answer["allowed"] as? Bool == true && answer["remaining"] as? Int == left)
    }
    // Refused by the sidecar itself for others, and still answered as the first time for them.
    for _ in 0..<3 { try client.call("ratelimit.check", #"{"key":"u",\#(Self.slow)}"#) }
    let params = #"{"key":"u",\#(Self.slow),"idempotencyKey":"a"}"#
    #expect(try client.call("ratelimit.check", params)["remaining"] as? Int == 2)
    let denied = #"{"key":"u",\#(Self.slow),"idempotencyKey":"d"}"#
    #expect(try client.call("ratelimit.check", denied)["allowed"] as? Bool == false)
    try client.call("ratelimit.reset", #"{"key":"u"}"#)
    #expect(try client.call("ratelimit.check", denied)["allowed"] as? Bool == false)
  }
}
