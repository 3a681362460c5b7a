import Support
import Testing

@Suite("Two hundred processes that want one claim", .timeLimit(.minutes(3)))
struct ClaimCrowdTests {
  /// Forks children that each take the claim once, through one of the sidecars in turn. A child says
  /// its number and its fence while it holds the claim; a file that can be made only once shows whether
  /// it is alone. The next child is forked when the store has the one before in its queue.
  private static let crowd = """
    count, guard, store, sockets = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
    redis = socket.socket(socket.AF_UNIX)
    redis.connect(store)
    def waiting():
        redis.sendall(b"HLEN cloakroom:default:claim:crowd\\r\\n")
        return int(redis.recv(64)[1:]) - 6
    for number in range(count):
        if os.fork() == 0:
            link = connect(sockets[number % len(sockets)])
            owner = "process %d" % os.getpid()
            send(link, "claim.once", key="crowd", owner=owner, ttl=60, waitMs=120000)
            claim = receive(link)
            if not isinstance(claim, dict) or not claim["claimed"]:
                say("refused %d %s" % (number, claim))
                os._exit(1)
            try:
                os.close(os.open(guard, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                say("together %d" % number)
            say("held %d %d" % (number, claim["fence"]))
            os.unlink(guard)
            released = ask(link, "claim.release", key="crowd", owner=owner, fence=claim["fence"])
            if released != {"released": True}:
                say("kept %d %s" % (number, released))
            os._exit(0)
        while waiting() <= number:
            time.sleep(0.001)
    for number in range(count):
        os.wait()
    say("done")
    """

  @Test("get it one after the other, each with a greater fence, in the order of the store's queue")
  func crowd() throws {
    let count = 200
    let redis = try RedisServer()
    let daemons = try (0..<3).map { _ in
      try RedisSidecar.start(redis.socketPath, patience: "10s", loops: 2)
    }
    let holder = try daemons[0].readyClient()
    for daemon in daemons { _ = try daemon.readyClient() }
    let held = try holder.call("claim.once", #"{"key":"crowd","owner":"first","ttl":120}"#)
    let first = try #require(held["fence"] as? Int)
    _ = try redis.command(["CONFIG", "RESETSTAT"])
    let crowd = try ClientProcess(
      Self.crowd,
      ["\(count)", daemons[0].folder + "/guard", redis.socketPath] + daemons.map(\.socketPath))
    let allWait = try eventually(within: .seconds(60)) {
      try redis.command(["HLEN", "cloakroom:default:claim:crowd"]) == "\(count + 6)"
    }
    #expect(allWait)
    #expect(
      try holder.call("claim.release", #"{"key":"crowd","owner":"first"}"#)["released"] as? Bool
        == true)
    let lines = crowd.lines(count + 1, within: .seconds(90))
    #expect(lines.last == "done")
    #expect(lines.filter { !$0.hasPrefix("held ") } == ["done"])
    let grants = lines.compactMap { line -> (number: Int, fence: Int)? in
      let parts = line.split(separator: " ")
      guard parts.count == 3, let number = Int(parts[1]), let fence = Int(parts[2]) else {
        return nil
      }
      return (number, fence)
    }
    #expect(grants.map(\.number) == Array(0..<count))
    #expect(zip([first] + grants.map(\.fence), grants.map(\.fence)).allSatisfy { $0 < $1 })
    // Each asks at the start, when its waiter is subscribed, when it is first, when the claim is free, and
    // releases; beside that it sends heartbeats.
    let steps = try Self.scriptCalls(of: redis)
    #expect(steps >= 4 * count)
    #expect(steps <= 8 * count, "\(steps) steps for \(count) grants")
  }

  @Test("are refused by a queue that is full without its being looked through each time")
  func full() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(
      redis.socketPath, patience: "10s", ["--set", "limits.claimWaiters=50"])
    let holder = try daemon.readyClient()
    _ = try holder.call("claim.once", #"{"key":"crowd","owner":"first","ttl":120}"#)
    let waiting = try daemon.client()
    for number in 0..<50 {
      try waiting.send(
        #"{"jsonrpc":"2.0","id":\#(number),"method":"claim.once","params":{"key":"crowd","owner":"o\#(number)","waitMs":60000}}"#
          + "\n")
    }
    let allWait = try eventually(within: .seconds(20)) {
      try redis.command(["HLEN", "cloakroom:default:claim:crowd"]) == "56"
    }
    #expect(allWait)
    _ = try redis.command(["CONFIG", "RESETSTAT"])
    for number in 0..<200 {
      let answer = try holder.pipeline([
        ("claim.once", #"{"key":"crowd","owner":"late \#(number)","waitMs":1000}"#)
      ])
      #expect(answer.values.first?.reason == "OVERLOADED")
    }
    #expect(try Self.calls(of: "hkeys", redis) <= 2)
  }

  /// How many scripts Redis has run.
  private static func scriptCalls(of redis: RedisServer) throws -> Int {
    try calls(of: "evalsha", redis)
  }

  private static func calls(of command: String, _ redis: RedisServer) throws -> Int {
    let statistics = try redis.command(["INFO", "commandstats"])
    let line = statistics.split(whereSeparator: \.isNewline).first {
      $0.hasPrefix("cmdstat_\(command):calls=")
    }
    return line.flatMap { Int($0.drop { !$0.isNumber }.prefix { $0.isNumber }) } ?? 0
  }
}
