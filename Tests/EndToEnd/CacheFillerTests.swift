import Support
import Testing

@Suite("Who is to make a cached value, and is killed,", .timeLimit(.minutes(3)))
struct CacheFillerTests {
  /// Gets a lease, and makes the value for ever.
  private static let filler = """
    link = connect(sys.argv[1])
    say("lease" in ask(link, "cache.get", key="k", leaseTtl=sys.argv[2]))
    time.sleep(600)
    """

  /// Asks for the value, and returns when the call waits for it or is answered.
  private static func wait(_ client: LineClient, leaseTtl: String = "1h") throws {
    try client.send(
      LineClient.request("cache.get", #"{"key":"k","waitMs":60000,"leaseTtl":"\#(leaseTtl)"}"#))
    // A look, the question anew, and the waiter: the calls behind them are answered after each of them.
    for id in 2...4 {
      try client.send(LineClient.request("kv.exists", #"{"key":"-"}"#, id: id))
      #expect(Answer(try client.readLine()).id == id)
    }
  }

  /// The first of those who wait is to make the value next. Each release then wakes the first of the others, and
  /// the value that is made in the end all the rest.
  private static func expectTurns(_ waiters: [LineClient]) throws {
    var others = waiters
    var next = try LineClient.nextLease(among: others)
    #expect(next.place == 0)
    while others.count > 3 {
      let leased = others.remove(at: next.place)
      for waiter in others { #expect(try waiter.availableLines() == []) }
      let release = #"{"key":"k","lease":"\#(next.lease)"}"#
      #expect(try leased.call("cache.release", release)["released"] as? Bool == true)
      next = try LineClient.nextLease(among: others)
      #expect(next.place == 0)
    }
    let leased = others.remove(at: next.place)
    #expect(try leased.cache("k", 7, #","lease":"\#(next.lease)""#) == "ok")
    for waiter in others {
      let given = Answer(try waiter.readLine(within: .seconds(30)))
      #expect(given["status"] as? String == "hit" && given["value"] as? Int == 7, "\(given)")
      #expect(given["lease"] == nil)
    }
  }

  @Test(
    "leaves it to the first of those who wait, and that one's release to the first of the others",
    arguments: [true, false])
  func client(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon =
      try redis.map { try RedisSidecar.start($0.socketPath, patience: "30s") }
      ?? Daemon(["--loops", "1"])
    let waiters = try (0..<7).map { _ in try daemon.readyClient() }
    let filler = try ClientProcess(Self.filler, [daemon.socketPath, "3s"])
    #expect(filler.lines(1) == ["True"])
    for waiter in waiters { try Self.wait(waiter) }
    filler.process.kill()
    try Self.expectTurns(waiters)
  }

  @Test("and its sidecar with it, leaves it to those who wait at another sidecar")
  func sidecar() throws {
    let redis = try RedisServer()
    let daemons = try (0..<2).map { _ in try RedisSidecar.start(redis.socketPath, patience: "30s") }
    let waiters = try (0..<7).map { _ in try daemons[1].readyClient() }
    _ = try daemons[0].readyClient()
    let filler = try ClientProcess(Self.filler, [daemons[0].socketPath, "3s"])
    #expect(filler.lines(1) == ["True"])
    for waiter in waiters { try Self.wait(waiter) }
    daemons[0].process.kill()
    filler.process.kill()
    try Self.expectTurns(waiters)
  }

  @Test(
    "leaves it to those who wait in their order, when each of them dies like the one before",
    arguments: [true, false])
  func inTurn(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon =
      try redis.map { try RedisSidecar.start($0.socketPath, patience: "30s") }
      ?? Daemon(["--loops", "1"])
    let waiters = try (0..<7).map { _ in try daemon.readyClient() }
    _ = try daemon.readyClient().lease("k", #","leaseTtl":"3s""#)
    for waiter in waiters { try Self.wait(waiter, leaseTtl: "300ms") }
    var others = Array(waiters.enumerated())
    var order: [Int] = []
    while !others.isEmpty {
      let next = try LineClient.nextLease(among: others.map(\.element))
      order.append(others.remove(at: next.place).offset)
    }
    #expect(order == Array(0..<7))
  }
}
