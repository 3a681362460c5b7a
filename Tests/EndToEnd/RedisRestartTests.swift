import Support
import Testing

@Suite("A Redis that is killed and comes back", .timeLimit(.minutes(2)))
struct RedisRestartTests {
  @Test("has calls refused at once while it is gone, and answered as soon as it is back")
  func refusal() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "30s", loops: 2)
    let clients = try (0..<4).map { _ in try daemon.readyClient() }
    redis.kill()
    for client in clients {
      let isKnown = try eventually {
        try client.call("kv.get", #"{"key":"a"}"#).reason == "UNAVAILABLE"
      }
      #expect(isKnown)
    }
    for client in clients {
      let start = ContinuousClock.now
      for method in ["kv.get", "kv.take", "counter.increment", "kv.exists", "counter.get"] {
        let answer = try client.call(method, #"{"key":"a"}"#)
        // Nothing was done, whatever the call would have done: nothing was sent.
        #expect(answer.reason == "UNAVAILABLE")
        #expect(answer.isRetryable == true)
        #expect((answer.retryAfterMs ?? 0) > 0)
      }
      #expect(ContinuousClock.now - start < .seconds(15))
    }
    try redis.restart()
    for client in clients {
      #expect(try client.waitForStore())
      #expect(try client.call("kv.set", #"{"key":"a","value":1}"#)["ok"] as? Bool == true)
    }
    let metrics = try clients[0].metrics()
    #expect(metrics.sum("store_reconnects_total", ["reason": "connect_failed"]) > 0)
    #expect(metrics.sum("store_up") == 1)
  }

  @Test("never applies a count twice, and none that was said not to be")
  func counting() throws {
    // Redis keeps what it has answered, so that a count outlives its process.
    let redis = try RedisServer(arguments: [
      "--appendonly", "yes", "--appendfsync", "no", "--appenddirname", ".",
    ])
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "2s", loops: 2)
    let clients = try (0..<4).map { _ in try daemon.readyClient() }
    var tally = CountTally()
    for round in 0..<6 {
      for client in clients { #expect(try client.waitForStore()) }
      for client in clients { try client.sendAll(CountTally.requests(40)) }
      // The first answer tells that Redis is in the middle of it.
      if round % 2 == 0 { tally.add(Answer(try clients[0].readLine())) }
      redis.kill()
      try redis.restart()
      for (index, client) in clients.enumerated() {
        let isOneRead = index == 0 && round % 2 == 0
        for answer in try client.readAll(isOneRead ? 39 : 40).values { tally.add(answer) }
      }
    }
    #expect(try clients[0].waitForStore())
    let count = try #require(try clients[0].call("counter.get", #"{"key":"n"}"#)["value"] as? Int)
    tally.check(count)
    #expect(tally.total == 6 * 4 * 40)
  }

  @Test("is found again under connections that were cut by the thousand")
  func killedConnections() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "2s", loops: 2)
    let clients = try (0..<4).map { _ in try daemon.readyClient() }
    var tally = CountTally()
    for _ in 0..<25 {
      for client in clients { try client.sendAll(CountTally.requests(40)) }
      _ = try redis.command(["CLIENT", "KILL", "TYPE", "normal"])
      for client in clients {
        for answer in try client.readAll(40).values { tally.add(answer) }
      }
    }
    #expect(try clients[0].waitForStore())
    let count = try #require(try clients[0].call("counter.get", #"{"key":"n"}"#)["value"] as? Int)
    tally.check(count)
    #expect(tally.total == 25 * 4 * 40)
    #expect(
      try clients[0].metrics().sum("store_reconnects_total", ["reason": "closed"]) >= 25)
  }
}
