import Support
import Testing

@Suite("A flood of calls that Redis doesn't answer", .timeLimit(.minutes(2)))
struct RedisFloodTests {
  @Test("is refused past the limit, and what was taken is done when Redis is back")
  func refusal() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(
      redis.socketPath, patience: "30s", ["--set", "limits.pendingCommands=100"])
    let clients = try (0..<8).map { _ in try daemon.readyClient() }
    let value = String(repeating: "x", count: 5000)
    // Replies have been short: the clients, which are one process, may have many calls under way.
    for client in clients {
      for _ in 0..<20 { _ = try client.call("kv.exists", #"{"key":"-"}"#) }
    }
    let before = try clients[0].metrics().sum("process_resident_memory_bytes")
    redis.pause()
    // Each below what one connection may have in flight, and together far past the limit.
    for (number, client) in clients.enumerated() {
      let calls = (0..<500).map { place in
        ("kv.set", #"{"key":"k\#(number)-\#(place)","value":"\#(value)"}"#)
      }
      try client.sendAll(calls)
    }
    let observer = try daemon.client()
    let isFull = try eventually {
      try observer.metrics().sum("limit_hits_total", ["limit": "pending_commands"]) == 3900
    }
    #expect(isFull)
    let after = try observer.metrics().sum("process_resident_memory_bytes")
    #expect(after - before < 96e6)
    #expect(try observer.metrics().sum("calls_in_flight") >= 100)
    redis.resume()
    var done = 0
    for client in clients {
      for answer in try client.readAll(500).values {
        if answer["ok"] as? Bool == true {
          done += 1
        } else {
          #expect(answer.reason == "OVERLOADED")
          #expect(answer.isRetryable == true)
          #expect((answer.retryAfterMs ?? 0) > 0)
        }
      }
    }
    #expect(done == 100)
    #expect(try redis.command(["DBSIZE"]) == "100")
  }

  @Test("of one connection is left in the socket, and nothing of it is lost")
  func backpressure() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(
      redis.socketPath, patience: "30s", ["--set", "limits.inFlightPerConnection=16"])
    let client = try daemon.readyClient()
    let value = String(repeating: "x", count: 2000)
    let bytes = Array(
      (0..<5000).map {
        LineClient.request("kv.set", #"{"key":"k\#($0)","value":"\#(value)"}"#, id: $0)
      }
      .joined().utf8)
    // Its replies have been short: it may have as many calls under way as a connection may.
    for _ in 0..<20 { _ = try client.call("kv.exists", #"{"key":"-"}"#) }
    redis.pause()
    var sent = 0
    let observer = try daemon.client()
    // Until nothing more is taken, and the sidecar has noticed that it may not take more.
    let isHeld = try eventually {
      let count = client.offer(Array(bytes[sent..<min(sent + 65_536, bytes.count)]))
      sent += count
      guard count == 0 else { return false }
      return try observer.metrics().sum("limit_hits_total", ["limit": "in_flight"]) > 0
    }
    #expect(isHeld)
    #expect(sent < bytes.count / 2)
    #expect(try observer.metrics().sum("calls_in_flight") <= 18)
    redis.resume()
    var answers: [Answer] = []
    while answers.count < 5000 {
      sent += client.offer(Array(bytes[sent..<min(sent + 65_536, bytes.count)]))
      answers.append(Answer(try client.readLine()))
    }
    #expect(answers.allSatisfy { $0["ok"] as? Bool == true })
    #expect(Set(answers.compactMap(\.id)).count == 5000)
    #expect(try redis.command(["DBSIZE"]) == "5000")
  }

  @Test("costs nothing while it is known that Redis is gone")
  func gone() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "30s")
    let client = try daemon.readyClient()
    redis.kill()
    let isKnown = try eventually {
      try client.call("kv.get", #"{"key":"a"}"#).reason == "UNAVAILABLE"
    }
    #expect(isKnown)
    let before = try client.metrics().sum("process_resident_memory_bytes")
    for _ in 0..<10 {
      let calls = Array(repeating: ("counter.increment", #"{"key":"n"}"#), count: 1000)
      let answers = try client.pipeline(calls)
      // One for each, and none twice.
      #expect(answers.count == 1000)
      #expect(answers.values.allSatisfy { $0.reason == "UNAVAILABLE" })
    }
    let metrics = try client.metrics()
    #expect(metrics.sum("process_resident_memory_bytes") - before < 32e6)
    #expect(metrics.sum("limit_hits_total", ["limit": "pending_commands"]) == 0)
    #expect(
      metrics.sum("calls_total", ["method": "counter.increment", "reason": "UNAVAILABLE"]) == 10_000
    )
  }
}
