import Glibc
import Support
import Testing

@Suite("A claim's holder", .timeLimit(.minutes(2)))
struct ClaimHolderTests {
  /// Takes a claim and stops itself; when it is let go on, it tries to renew and to release.
  private static let sleeper = """
    link = connect(sys.argv[1])
    claim = ask(link, "claim.once", key="job", owner="sleeper", ttl="250ms")
    say(claim["claimed"])
    os.kill(os.getpid(), signal.SIGSTOP)
    for fence in ({}, {"fence": claim["fence"]}):
        say(ask(link, "claim.renew", key="job", owner="sleeper", **fence))
        say(ask(link, "claim.release", key="job", owner="sleeper", **fence))
    """

  @Test("that was stopped for longer than its TTL can neither renew nor release")
  func stopped() throws {
    let redis = try RedisServer()
    let daemons = try (0..<2).map { _ in try RedisSidecar.start(redis.socketPath) }
    let other = try daemons[1].readyClient()
    _ = try daemons[0].readyClient()
    let sleeper = try ClientProcess(Self.sleeper, [daemons[0].socketPath])
    #expect(sleeper.lines(1) == ["True"])
    let answer = try other.call(
      "claim.once", #"{"key":"job","owner":"other","ttl":60,"waitMs":20000}"#)
    #expect(answer["claimed"] as? Bool == true)
    sleeper.process.signal(SIGCONT)
    #expect(
      sleeper.lines(5) == ["True"] + Array(repeating: "CLAIM_NOT_HELD", count: 4))
    let state = try other.call("claim.inspect", #"{"key":"job"}"#)
    #expect(state["owner"] as? String == "other")
    #expect(state["fence"] as? Int == answer["fence"] as? Int)
  }

  /// Takes a claim that is bound to its connection, and goes on for ever.
  private static let bound = """
    link = connect(sys.argv[1])
    say(ask(link, "claim.once", key="job", owner="bound", ttl="1h", bindToConnection=True)["claimed"])
    time.sleep(3600)
    """

  @Test("that is killed frees a claim that is bound to its connection", arguments: [true, false])
  func killed(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try redis.map { try RedisSidecar.start($0.socketPath) } ?? Daemon()
    let last = try daemon.readyClient()
    let holder = try ClientProcess(Self.bound, [daemon.socketPath])
    #expect(holder.lines(1) == ["True"])
    do {
      let next = try daemon.readyClient()
      #expect(try next.call("claim.inspect", #"{"key":"job"}"#)["owner"] as? String == "bound")
      let claim = #"{"key":"job","owner":"next","waitMs":60000,"bindToConnection":true}"#
      try next.send(LineClient.request("claim.once", claim))
      holder.process.kill()
      // Far sooner than the TTL, or anybody's heartbeat.
      #expect(
        Answer(try next.readLine(within: ClaimWaitTests.prompt))["owner"] as? String == "next")
      try last.send(
        LineClient.request("claim.once", #"{"key":"job","owner":"last","waitMs":60000}"#)
          + LineClient.request("kv.exists", #"{"key":"-"}"#, id: 2))
      #expect(Answer(try last.readLine()).id == 2)
    }
    // A claim that was waited for is bound as well.
    #expect(Answer(try last.readLine(within: ClaimWaitTests.prompt))["owner"] as? String == "last")
  }

  @Test("keeps a bound claim only as long as its TTL, and frees nothing of the next one's")
  func expired() throws {
    let daemon = try Daemon()
    let other = try daemon.client()
    do {
      let holder = try daemon.client()
      let bound = #"{"key":"job","owner":"same","ttl":"30ms","bindToConnection":true}"#
      #expect(try holder.call("claim.once", bound)["claimed"] as? Bool == true)
      let next = #"{"key":"job","owner":"same","waitMs":10000}"#
      // The same owner is told that it holds the claim; once that is over, it has it anew.
      let isTaken = try eventually {
        try other.call("claim.once", next)["claimed"] as? Bool == true
      }
      #expect(isTaken)
    }
    for _ in 0..<20 {
      let state = try other.call("claim.inspect", #"{"key":"job"}"#)
      #expect(state["owner"] as? String == "same")
    }
  }

  @Test("that releases a bound claim can bind as many more")
  func unbound() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    for index in 0..<1100 {
      let claim = #"{"key":"job \#(index)","owner":"a","bindToConnection":true}"#
      #expect(try client.call("claim.once", claim)["claimed"] as? Bool == true)
      let release = try client.call("claim.release", #"{"key":"job \#(index)","owner":"a"}"#)
      #expect(release["released"] as? Bool == true)
    }
  }

  @Test("is refused, and holds nothing, past the number of claims that can be bound")
  func bindingLimit() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    try client.sendAll(
      (0...1024).map {
        ("claim.once", #"{"key":"job \#($0)","owner":"a","bindToConnection":true}"#)
      })
    let answers = try client.readAll(1025)
    #expect(answers.values.count { $0["claimed"] as? Bool == true } == 1024)
    #expect(answers[1024]?.reason == "OVERLOADED")
    #expect(
      try client.call("claim.inspect", #"{"key":"job 1024"}"#)["held"] as? Bool == false)
    #expect(try client.metrics().sum("limit_hits_total", ["limit": "bound_to_connection"]) == 1)
  }
}
