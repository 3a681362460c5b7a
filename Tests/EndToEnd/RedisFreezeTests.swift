import Support
import Testing

@Suite("A Redis that stands still", .timeLimit(.minutes(2)))
struct RedisFreezeTests {
  @Test("ends each call in time, with what may have become of it, and is itself again after that")
  func freeze() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "1s")
    let client = try daemon.readyClient()
    let calls: [(method: String, params: String, reason: String)] = [
      ("kv.get", #"{"key":"a"}"#, "UNAVAILABLE"),
      ("kv.get", #"{"key":"a","withMeta":true}"#, "UNAVAILABLE"),
      ("kv.exists", #"{"key":"a"}"#, "UNAVAILABLE"),
      ("batch.get", #"{"keys":["a","b"]}"#, "UNAVAILABLE"),
      ("counter.get", #"{"key":"a"}"#, "UNAVAILABLE"),
      ("kv.set", #"{"key":"a","value":1}"#, "OUTCOME_UNKNOWN"),
      ("kv.set", #"{"key":"a","value":1,"onlyIf":"absent"}"#, "OUTCOME_UNKNOWN"),
      ("kv.set", #"{"key":"a","value":1,"ifMatch":"0"}"#, "OUTCOME_UNKNOWN"),
      ("kv.expire", #"{"key":"a","ttl":60}"#, "OUTCOME_UNKNOWN"),
      ("kv.remove", #"{"key":"a"}"#, "OUTCOME_UNKNOWN"),
      ("kv.take", #"{"key":"a"}"#, "OUTCOME_UNKNOWN"),
      ("counter.increment", #"{"key":"a"}"#, "OUTCOME_UNKNOWN"),
      ("counter.reset", #"{"key":"a"}"#, "OUTCOME_UNKNOWN"),
    ]
    let before = try client.metrics()
    redis.pause()
    let start = ContinuousClock.now
    let answers = try client.pipeline(calls.map { ($0.method, $0.params) })
    let elapsed = ContinuousClock.now - start
    for (index, call) in calls.enumerated() {
      let answer = try #require(answers[index])
      #expect(answer.reason == call.reason, "\(call.method) \(call.params)")
      #expect(answer.isRetryable == (call.reason == "UNAVAILABLE"))
    }
    #expect(elapsed >= .milliseconds(900))
    // Not one after the other.
    #expect(elapsed < .seconds(calls.count))

    redis.resume()
    #expect(try client.waitForStore())
    let metrics = try client.metrics()
    for (name, labels) in [
      ("store_reconnects_total", ["reason": "command_timeout"]),
      ("store_command_timeouts_total", [:]),
    ] { #expect(metrics.sum(name, labels) - before.sum(name, labels) == 1) }
    #expect(metrics.sum("store_up") == 1)
    // The connection that nobody listens to any more is gone from Redis as well.
    let isAlone = try eventually {
      try redis.command(["CLIENT", "LIST"]).split(separator: "\n")
        .count { $0.contains("name=cloakroom") } == 1
    }
    #expect(isAlone)
  }

  @Test("ends each entry of a batch of writes with its own error")
  func batch() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "1s")
    let client = try daemon.readyClient()
    redis.pause()
    let answer = try client.call(
      "batch.set", #"{"entries":[{"key":"a","value":1},{"key":"b","value":2}]}"#)
    let entries = try #require(answer.result as? [[String: Any]])
    #expect(entries.count == 2)
    for entry in entries {
      #expect(entry["ok"] as? Bool == false)
      let error = try #require(entry["error"] as? [String: Any])
      #expect((error["data"] as? [String: Any])?["reason"] as? String == "OUTCOME_UNKNOWN")
    }
    redis.resume()
    #expect(try client.waitForStore())
  }

  @Test("refuses at once as soon as it is known, and finishes calls with a deadline at theirs")
  func patience() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "30s")
    let client = try daemon.readyClient()
    redis.pause()
    let start = ContinuousClock.now
    let answer = try client.call("kv.get", #"{"key":"a","deadlineMs":50}"#)
    #expect(answer.reason == "DEADLINE_EXCEEDED")
    #expect(ContinuousClock.now - start < .seconds(15))
    // What Redis answers late belongs to the call that has given up, and to no other.
    redis.resume()
    #expect(try client.call("kv.exists", #"{"key":"a"}"#).result as? Bool == false)
    #expect(try client.metrics().sum("store_command_timeouts_total") == 0)
  }

  @Test("never has one call answered with what another one asked for")
  func matching() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "150ms", loops: 2)
    let callers = try (0..<6).map { FreezeCaller(number: $0, client: try daemon.readyClient()) }
    for round in 0..<12 {
      if round % 3 == 0 { redis.pause() }
      for caller in callers { try caller.ask(round: round) }
      if round % 3 == 1 { redis.pause() }
      if round % 2 == 0 {
        // Long enough for the connection to be given up: the first caller hears of it.
        try callers[0].listenOnce()
      }
      redis.resume()
      for caller in callers { try caller.check(round: round) }
    }
    for caller in callers {
      #expect(try caller.client.waitForStore())
      try caller.checkAll()
    }
    let written = callers.reduce(0) { $0 + $1.written.count }
    #expect(written > 0)
    #expect(try callers[0].client.metrics().sum("store_command_timeouts_total") > 0)
  }
}
