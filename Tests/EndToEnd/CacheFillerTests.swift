import Support
import Testing

/// What becomes of those who wait for a value when the one who makes it dies.
@Suite("When the maker of a value is killed", .timeLimit(.minutes(2)))
struct CacheFillerTests {
  /// Is leased a key, and makes nothing.
  private static let maker = """
    link = connect(sys.argv[1])
    found = ask(link, "cache.get", key="k", tags=["t"], leaseTtl="1500ms")
    say(found["status"] + (" leased" if "lease" in found else ""))
    time.sleep(3600)
    """

  private static let get = #","tags":["t"],"leaseTtl":"1h""#

  /// Sees to it that one of those who wait is to make the value, that the others have their turns in the order
  /// in which they came, and that they get what is made in the end.
  private static func expectTurns(of waiting: [LineClient]) throws {
    var rest = waiting
    var next = try LineClient.nextLease(among: rest)
    while rest.count > 3 {
      let holder = rest.remove(at: next.place)
      _ = try holder.call("cache.release", #"{"key":"k","lease":"\#(next.lease)"}"#)
      next = try LineClient.nextLease(among: rest)
      #expect(next.place == 0)
    }
    let holder = rest.remove(at: next.place)
    #expect(try holder.cache("k", 7, #","tags":["t"],"lease":"\#(next.lease)""#) == "ok")
    for client in rest {
      // Sooner than anybody asks who was not told.
      let answer = Answer(try client.readLine(within: .milliseconds(2900)))
      #expect(answer["status"] as? String == "hit" && answer["value"] as? Int == 7, "\(answer)")
    }
  }

  @Test("the next who waits makes it, then the others in their order", arguments: [true, false])
  func client(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon =
      try redis.map { try RedisSidecar.start($0.socketPath) } ?? Daemon(["--loops", "1"])
    let clients = try (0..<6).map { _ in try daemon.readyClient() }
    let maker = try ClaimProcess(Self.maker, [daemon.socketPath])
    #expect(maker.lines(1) == ["miss leased"])
    for client in clients { try client.sendWaitingGet("k", Self.get) }
    maker.process.kill()
    try Self.expectTurns(of: clients)
  }

  @Test("with its sidecar, those who wait at another one go on all the same")
  func sidecar() throws {
    let redis = try RedisServer()
    let path = redis.socketPath
    let daemons = try (0..<2).map { _ in try RedisSidecar.start(path) }
    _ = try daemons[0].readyClient()
    let clients = try (0..<6).map { _ in try daemons[1].readyClient() }
    let maker = try ClaimProcess(Self.maker, [daemons[0].socketPath])
    #expect(maker.lines(1) == ["miss leased"])
    for client in clients { try client.sendWaitingGet("k", Self.get) }
    maker.process.kill()
    daemons[0].process.kill()
    try Self.expectTurns(of: clients)
  }
}
