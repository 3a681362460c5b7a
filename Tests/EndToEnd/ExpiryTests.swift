import Support
import Testing

@Suite("What ends by itself", .timeLimit(.minutes(3)))
struct ExpiryTests {
  /// A sidecar with an access log of its own.
  private struct Sidecar {
    let daemon: Daemon
    let log: ObservationLog

    init(_ redis: RedisServer?, sweepInterval: String, patience: String = "5s") throws {
      log = ObservationLog(in: try Folder())
      let options = ["--access-log", log.path, "--set", "pending.sweepInterval=\(sweepInterval)"]
      daemon =
        if let redis {
          try RedisSidecar.start(redis.socketPath, patience: patience, loops: 2, options)
        } else {
          try Daemon(options)
        }
      _ = try daemon.readyClient()
      // Its first sweep is over before anything can end.
      if let redis, sweepInterval == "1h" { try Self.waitForSweep(of: redis) }
    }

    /// Waits until somebody has asked for what is due.
    static func waitForSweep(of redis: RedisServer) throws {
      try eventually("a sweep") {
        try redis.command(["INFO", "commandstats"]).contains("cmdstat_zrangebyscore")
      }
    }

    /// How many ends it has counted.
    func count(_ event: String) throws -> Int {
      Int(try daemon.client().metrics().sum("pending_operations_total", ["event": event]))
    }

    /// The lines of ends in its access log.
    var ends: [[String: Any]] { log.entries.filter { $0["action"] != nil } }
  }

  private static func create(_ count: Int, on sidecar: Sidecar, _ members: String) throws
    -> [Answer]
  {
    let client = try sidecar.daemon.client()
    let answers = try client.pipeline(
      Array(
        repeating: ("pending.create", #"{"operationType":"form","data":1,\#(members)}"#),
        count: count))
    #expect(answers.count == count && answers.values.allSatisfy { $0["token"] is String })
    return Array(answers.values)
  }

  /// Waits until the sidecars have counted so many together, and their logs have as many lines; then
  /// looks whether it stays at that.
  private static func expect(
    _ count: Int, _ event: String, _ action: String, in sidecars: [Sidecar],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var sums = (counted: 0, lines: 0)
    func look() throws {
      sums.counted = try sidecars.reduce(0) { try $0 + $1.count(event) }
      sums.lines = sidecars.reduce(0) { sum, sidecar in
        sum + sidecar.ends.count { $0["action"] as? String == action }
      }
    }
    try eventually("\(count) that \(event)", within: .seconds(30)) {
      try look()
      return sums == (count, count)
    }
    let swept = try sidecars.map { try $0.daemon.client().metrics() }
    // Each of them has looked some times more.
    let changes = try becomesTrue(within: .seconds(1)) {
      try look()
      return sums != (count, count)
    }
    #expect(!changes, "\(sums)", sourceLocation: sourceLocation)
    #expect(swept.allSatisfy { $0.sum("deadline_sweep_lateness_seconds") < 30 })
  }

  @Test("is counted and logged once by two sidecars, though nobody asks")
  func together() throws {
    let redis = try RedisServer()
    let sidecars = try (0..<2).map { _ in try Sidecar(redis, sweepInterval: "100ms") }
    for sidecar in sidecars {
      _ = try Self.create(100, on: sidecar, #""backend":"store","expiresIn":"700ms""#)
    }
    try Self.expect(200, "expired", "expire", in: sidecars)
    let keys = sidecars.flatMap(\.ends).compactMap { $0["key"] as? String }
    #expect(Set(keys).count == 200)
    for entry in sidecars.flatMap(\.ends) {
      #expect(entry.count == 5)
      #expect(entry["service"] as? String == "default" && entry["ns"] as? String == "pending")
      #expect((entry["key"] as? String)?.count == 16 && entry["time"] is String)
    }
    // Nothing is left of them in the index.
    #expect(try redis.command(["EXISTS", "cloakroom:$deadlines:pending"]) == "0")
  }

  @Test("is counted by the other sidecar when one is killed")
  func killed() throws {
    let redis = try RedisServer()
    let first = try Sidecar(redis, sweepInterval: "100ms")
    let second = try Sidecar(redis, sweepInterval: "100ms")
    _ = try Self.create(50, on: first, #""backend":"store","expiresIn":"3s""#)
    first.daemon.process.kill()
    try Self.expect(50, "expired", "expire", in: [second])
  }

  @Test("is counted and logged in memory too")
  func memory() throws {
    let sidecar = try Sidecar(nil, sweepInterval: "100ms")
    _ = try Self.create(100, on: sidecar, #""backend":"store","expiresIn":"300ms""#)
    try Self.expect(100, "expired", "expire", in: [sidecar])
  }

  @Test("is counted and logged when a lease was the last one", arguments: [true, false])
  func dead(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let sidecar = try Sidecar(redis, sweepInterval: "100ms")
    let created = try Self.create(
      5, on: sidecar,
      #""backend":"store","maxAttempts":1,"scope":[{"key":"tenant","id":"t1"},{"key":"user","id":"u"}]"#
    )
    let client = try sidecar.daemon.client()
    for answer in created {
      let token = try #require(answer["token"] as? String)
      let leased = try client.call(
        "pending.checkout",
        #"{"token":"\#(token)","operationType":"form","leaseTtl":"300ms","scope":[{"key":"tenant","id":"t1"},{"key":"user","id":"u"}]}"#
      )
      #expect(leased["receipt"] is String)
    }
    try Self.expect(5, "dead", "dead", in: [sidecar])
    #expect(sidecar.ends.allSatisfy { $0["scope"] as? String == "tenant/user" })
    #expect(try sidecar.count("expired") == 0)
  }

  @Test("is logged once when a caller is the first to meet it", arguments: [true, false])
  func met(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let sidecar = try Sidecar(redis, sweepInterval: "1h")
    let created = try Self.create(1, on: sidecar, #""backend":"store","expiresIn":"50ms""#)
    let token = try #require(created[0]["token"] as? String)
    let client = try sidecar.daemon.client()
    let verify = #"{"token":"\#(token)","operationType":"form"}"#
    try eventually { try client.call("pending.verify", verify).reason == "EXPIRED" }
    for _ in 0..<3 { _ = try client.call("pending.consume", verify) }
    try Self.expect(1, "expired", "expire", in: [sidecar])
    // It is the same key as in the lines of the calls.
    let calls = sidecar.log.entries.filter { $0["method"] as? String == "pending.verify" }
    #expect(sidecar.ends[0]["key"] as? String == calls[0]["key"] as? String)
  }

  @Test("is counted when the caller who met it has not waited for the reply")
  func abandoned() throws {
    let redis = try RedisServer()
    let sidecar = try Sidecar(redis, sweepInterval: "1h")
    let created = try Self.create(1, on: sidecar, #""backend":"store","expiresIn":"50ms""#)
    let token = try #require(created[0]["token"] as? String)
    let client = try sidecar.daemon.client()
    let ends = ContinuousClock.now + .milliseconds(60)
    eventually { ContinuousClock.now > ends }
    try redis.pauseWrites()
    let answer = try client.call(
      "pending.consume", #"{"token":"\#(token)","operationType":"form","deadlineMs":200}"#)
    #expect(answer.reason == "OUTCOME_UNKNOWN")
    try redis.resumeWrites()
    try Self.expect(1, "expired", "expire", in: [sidecar])
  }

  @Test("is seen soon by a sidecar that has started before its Redis, however rarely it sweeps")
  func early() throws {
    let redis = try RedisServer()
    let first = try Sidecar(redis, sweepInterval: "1h")
    _ = try Self.create(20, on: first, #""backend":"store","expiresIn":"50ms""#)
    let ends = ContinuousClock.now + .milliseconds(60)
    eventually { ContinuousClock.now > ends }
    first.daemon.process.kill()
    redis.pause()
    let log = ObservationLog(in: try Folder())
    let second = try RedisSidecar.start(
      redis.socketPath, patience: "500ms",
      ["--access-log", log.path, "--set", "pending.sweepInterval=1h"])
    #expect(try second.client().call("system.health")["status"] as? String == "degraded")
    redis.resume()
    eventually("twenty ends", within: .seconds(10)) {
      log.entries.count { $0["action"] as? String == "expire" } == 20
    }
  }

  @Test("waits while Redis is down, and is seen afterwards")
  func down() throws {
    let redis = try RedisServer()
    let sidecar = try Sidecar(redis, sweepInterval: "100ms", patience: "500ms")
    _ = try Self.create(20, on: sidecar, #""backend":"store","expiresIn":"1s""#)
    redis.pause()
    let client = try sidecar.daemon.client()
    #expect(try eventually { try client.metrics().sum("store_up") == 0 })
    redis.resume()
    try Self.expect(20, "expired", "expire", in: [sidecar])
  }
}
