import Support
import Testing

/// What caches cost Redis, in commands.
@Suite("A cache in Redis", .timeLimit(.minutes(2)))
struct CacheCostTests {
  @Test("asks for one GET for a hit, and where the caller names the tags one MGET beside it")
  func hits() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    #expect(try client.cache("plain", 1) == "ok")
    #expect(try client.cache("tagged", 1, #","tags":["a","b"]"#) == "ok")
    #expect(try client.cache("quoted", 1, #","tags":["\"a\"","b\\"]"#) == "ok")
    let count = 50
    let plain = try redis.calls {
      for _ in 0..<count {
        let found = try client.cached("plain")
        #expect(found == "hit 1")
      }
    }
    #expect(
      plain["get"] == count && plain["mget"] == nil && plain["evalsha"] ?? 0 <= 20, "\(plain)")
    for (key, known) in [
      ("tagged", ""), ("tagged", #","tags":["a","b"]"#), ("tagged", #","tags":["b","a","b"]"#),
      ("quoted", #","tags":["\"a\"","b\\"]"#),
    ] {
      let tagged = try redis.calls {
        for _ in 0..<count {
          let found = try client.cached(key, known)
          #expect(found == "hit 1")
        }
      }
      #expect(tagged["get"] == count && tagged["mget"] == count, "\(tagged)")
    }
  }

  @Test("asks for one GET for a value that says that there is nothing")
  func negative() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    _ = try client.call("cache.set", #"{"key":"n","negative":true}"#)
    let cost = try redis.calls {
      for _ in 0..<50 {
        let found = try client.cached("n")
        #expect(found == "negative")
      }
    }
    #expect(cost["get"] == 50 && cost["evalsha"] ?? 0 <= 20, "\(cost)")
  }

  @Test("asks for one GET for a lease, beside the script and the write")
  func leases() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    _ = try client.lease("first", #","tags":["t"]"#)
    for (known, tags) in [("", 0), (#","tags":["t"]"#, 1)] {
      let cost = try redis.calls {
        for number in 0..<50 { _ = try client.lease("\(tags) \(number)", known) }
      }
      // The script has a GET of its own for the counter, and one for each tag.
      #expect(cost["get"] == 50 * (2 + tags) && cost["set"] == 50, "\(cost)")
      #expect(cost["mget"] ?? 0 == 50 * tags && cost["evalsha"] ?? 0 <= 70, "\(cost)")
    }
  }

  @Test("asks for a lease's tags once, however many wait for it")
  func waiters() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let clients = try (0..<30).map { _ in try daemon.readyClient() }
    let lease = try clients[0].lease("k", #","leaseTtl":"1h","tags":["t"]"#)
    let waiting = Array(clients[1...])
    for client in waiting { try client.sendWaitingGet("k", #","tags":["t"]"#) }
    let isHeard = try eventually("a listener") {
      try redis.command(["PUBSUB", "NUMSUB", "cloakroom:default:cache:k"]).hasSuffix("1")
    }
    #expect(isHeard)
    let cost = try redis.calls {
      _ = try clients[0].call("cache.release", #"{"key":"k","lease":"\#(lease)"}"#)
      let next = try LineClient.nextLease(among: waiting)
      #expect(next.place == 0)
    }
    // The release, the tags, and what the sidecar does for itself.
    #expect(cost["evalsha"] ?? 0 <= 15, "\(cost)")
  }

  @Test("pays the same for an invalidation, whatever it reaches")
  func invalidations() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    var costs: [[String: Int]] = []
    for count in [10, 1000] {
      let requests = (0..<count).map {
        (
          method: "cache.set",
          params: #"{"key":"\#(count):\#($0)","value":\#($0),"tags":["t\#(count)"]}"#
        )
      }
      for batch in stride(from: 0, to: count, by: 500) {
        _ = try client.pipeline(Array(requests[batch..<min(batch + 500, count)]))
      }
      #expect(try client.cached("\(count):7") == "hit 7")
      var cost = try redis.calls { try client.invalidate(#"{"tags":["t\#(count)"]}"#) }
      // A sweep of deadlines may come in between.
      cost = cost.filter {
        ["get", "set", "pttl", "del", "unlink", "scan", "keys"].contains($0.key)
      }
      costs.append(cost)
      #expect(try client.cached("\(count):7") == "miss")
      #expect(try client.cached("\(count):\(count - 1)") == "miss")
    }
    #expect(costs[0] == costs[1])
    #expect(costs[0] == ["get": 2, "set": 2, "pttl": 1])
  }
}

@Suite("The metrics of caches", .timeLimit(.minutes(1)))
struct CacheMetricTests {
  @Test("count what was answered, leases, values and invalidations, each once")
  func counts() throws {
    let daemon = try Daemon(["--loops", "1"])
    let client = try daemon.readyClient()
    let lease = try client.lease("k")
    #expect(try client.cached("k") == "miss")
    #expect(try client.cache("k", 1, #","grace":"1h","tags":["t"],"lease":"\#(lease)""#) == "ok")
    #expect(try client.cache("k", 2, #","lease":"\#(lease)""#) == "LEASE_LOST")
    #expect(try client.cached("k") == "hit 1")
    #expect(try client.cached("k", #","tags":["t"]"#) == "hit 1")
    try client.invalidate(#"{"tags":["t"],"soft":true}"#)
    #expect(try client.cached("k") == "stale 1")
    let next = try client.lease("k")
    _ = try client.call("cache.release", #"{"key":"k","lease":"\#(next)"}"#)
    _ = try client.call("cache.set", #"{"key":"n","negative":true}"#)
    #expect(try client.cached("n") == "negative")
    try client.invalidate(#"{"keys":["k","n"]}"#)
    let text = try client.call("system.metrics").result as? String ?? ""
    var counts: [String: Int] = [:]
    for match in text.matches(of: /cloakroom_cache_events_total\{[^}]*event="(\w+)"[^}]*\} (\d+)/) {
      counts[String(match.1)] = Int(match.2)
    }
    #expect(
      counts == [
        "hit": 2, "stale": 2, "negative": 1, "miss": 2, "stored": 2, "leased": 2, "released": 1,
        "lease_lost": 1, "invalidated_key": 2, "invalidated_tag": 1,
      ])
  }
}
