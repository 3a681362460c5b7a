import Support
import Testing

@Suite("A calm client beside a greedy one", .timeLimit(.minutes(3)))
struct FairShareTests {
  /// Sends requests in one go, says so, and counts the replies as they arrive, each a line long.
  private static let greedy = """
    import threading
    link = connect(sys.argv[1])
    count, text = int(sys.argv[2]), sys.argv[3].encode() + b"\\n"
    threading.Thread(target=lambda: link[0].sendall(text * count), daemon=True).start()
    say("sent")
    for number in range(count):
        link[1].readline()
        say(number)
    """

  /// A sidecar in front of a Redis that has a megabyte under `large`, and a client of it.
  private static func withLargeValue() throws -> (RedisServer, Daemon, LineClient) {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "60s")
    let calm = try daemon.readyClient()
    let value = String(repeating: "x", count: 1_000_000)
    _ = try calm.call("kv.set", #"{"key":"large","value":"\#(value)"}"#)
    return (redis, daemon, calm)
  }

  @Test("is served between the members of a batch", arguments: [false, true])
  func batch(hasSchema: Bool) throws {
    let daemon = try Daemon(["--loops", "1"])
    let calm = try daemon.client()
    if hasSchema {
      let schema = #"{"items":{"type":"object","required":["a"],"properties":{"a":{"minimum":0}}}}"#
      _ = try calm.call("events.define", #"{"channel":"c","schema":\#(schema)}"#)
    }
    let items = Array(repeating: #"{"a":1,"b":"some text"}"#, count: 40).joined(separator: ",")
    let member =
      hasSchema
      ? #"{"jsonrpc":"2.0","id":1,"method":"events.publish","params":{"channel":"c","data":[\#(items)]}}"#
      : #"{"jsonrpc":"2.0","id":1,"method":"pending.create","params":{"operationType":"t","data":[\#(items)],"backend":"store"}}"#
    let method = hasSchema ? "events.publish" : "pending.create"
    let batch = "[" + Array(repeating: member, count: 1000).joined(separator: ",") + "]\n"
    let folder = try ScratchFolder()
    try TextFile.write(batch, to: folder("batch"))
    // Another process: shares go by peer.
    let sender = try ClientProcess(
      """
      link = connect(sys.argv[1])
      link[0].sendall(open(sys.argv[2], "rb").read())
      say(len(json.loads(link[1].readline())))
      """, [daemon.socketPath, folder("batch")])
    var counts: Set<Double> = []
    eventually("the batch is done", within: .seconds(60)) {
      let done = try? calm.metrics().sum("calls_total", ["method": method])
      counts.insert(done ?? 0)
      return done == 1000
    }
    // A batch that is done in one turn of the loop is seen with none of its members done, or all.
    #expect(counts.contains { $0 > 0 && $0 < 1000 }, "\(counts)")
    #expect(sender.lines(1) == ["1000"])
  }

  @Test("is served between the steps of a call that the store in memory never makes wait")
  func procedure() throws {
    let daemon = try Daemon(["--loops", "1"])
    let calm = try daemon.client()
    let sender = try ClientProcess(
      """
      link = connect(sys.argv[1])
      made = {"operationType": "t", "data": 1, "backend": "store"}
      text = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "pending.create", "params": made}).encode() + b"\\n"
      for _ in range(20):
          link[0].sendall(text * 250)
          for _ in range(250):
              link[1].readline()
      say("made")
      ask(link, "pending.dead", count=1000)
      say("listed")
      """, [daemon.socketPath])
    _ = sender.lines(1)
    // One that is done in one turn of the loop is never seen under way.
    try eventually("the list is seen under way", within: .seconds(60)) {
      let metrics = try calm.metrics()
      return metrics.sum("calls_in_flight") > 1
        && metrics.sum("calls_total", ["method": "pending.dead"]) == 0
    }
    #expect(sender.lines(2).last == "listed")
  }

  @Test("is not behind all that the other has asked for, on the one link to Redis")
  func link() throws {
    let (redis, daemon, calm) = try Self.withLargeValue()
    redis.pause()
    let reader = try ClientProcess(
      Self.greedy,
      [
        daemon.socketPath, "1500",
        #"{"jsonrpc":"2.0","id":1,"method":"kv.get","params":{"key":"large"}}"#,
      ])
    _ = reader.lines(1)
    // Until all of it has been read that will be: the peer has as much under way as it may have.
    let observer = try daemon.client()
    try eventually("the greedy one is held back") {
      try observer.metrics().sum("limit_hits_total", ["limit": "peer_share"]) > 0
    }
    #expect(try observer.metrics().sum("calls_in_flight") < 24)
    try calm.sendAll([("counter.increment", #"{"key":"n"}"#)])
    redis.resume()
    #expect(try calm.readAll(1)[0]?["value"] as? Int == 1)
    #expect(reader.lines.count < 1000, "the replies that the other has had by then")
    #expect(reader.lines(1501, within: .seconds(120)).count == 1501)
  }

  @Test(
    "is not behind long values that the other asks for after a thousand short ones",
    arguments: ["written", "read"])
  func afterShortOnes(known: String) throws {
    let (redis, writer, _) = try Self.withLargeValue()
    // Another sidecar knows of what was written here once it has read it.
    let daemon =
      known == "written" ? writer : try RedisSidecar.start(redis.socketPath, patience: "60s")
    let reader = try daemon.readyClient()
    if known == "read" { _ = try reader.call("kv.get", #"{"key":"large"}"#) }
    let folder = try ScratchFolder()
    let greedy = try ClientProcess(
      """
      link = connect(sys.argv[1])
      for _ in range(12):
          link[0].sendall(b'{"jsonrpc":"2.0","id":1,"method":"kv.get","params":{"key":"k"}}\\n' * 100)
          for _ in range(100):
              link[1].readline()
      say("ready")
      while not os.path.exists(sys.argv[2]):
          time.sleep(0.01)
      link[0].sendall(b'{"jsonrpc":"2.0","id":1,"method":"kv.get","params":{"key":"large"}}\\n' * 300)
      say("sent")
      for _ in range(300):
          link[1].readline()
      say("read")
      """, [daemon.socketPath, folder("go")])
    _ = greedy.lines(1, within: .seconds(60))
    let observer = try daemon.client()
    let before = try observer.metrics().sum("limit_hits_total", ["limit": "peer_share"])
    redis.pause()
    try TextFile.write("", to: folder("go"))
    _ = greedy.lines(2)
    try eventually("the greedy one is held back") {
      try observer.metrics().sum("limit_hits_total", ["limit": "peer_share"]) > before
    }
    #expect(try observer.metrics().sum("calls_in_flight") < 24)
    redis.resume()
    #expect(greedy.lines(3, within: .seconds(120)).last == "read")
  }

  @Test("is not behind what another has asked for and does not wait for")
  func gone() throws {
    let (redis, daemon, calm) = try Self.withLargeValue()
    // Notifications: what Redis answers to them goes nowhere, and takes its link all the same.
    let sender = try ClientProcess(
      """
      link = connect(sys.argv[1])
      text = b'{"jsonrpc":"2.0","method":"kv.get","params":{"key":"large"}}\\n'
      link[0].sendall(text * 600)
      say("sent")
      time.sleep(60)
      """, [daemon.socketPath])
    _ = sender.lines(1)
    let seen = try calm.metrics().sum("calls_total", ["method": "kv.get"])
    for _ in 0..<20 { _ = try calm.call("counter.increment", #"{"key":"n"}"#) }
    let more = try calm.metrics().sum("calls_total", ["method": "kv.get"]) - seen
    // Each of the twenty waits for what is under way, and for little more.
    #expect(more < 200, "of 600 that others have asked for")
    #expect(try redis.command(["GET", "cloakroom:default:counter:n"]) == "20")
  }

  @Test("is not refused when the connections of another process use up what a loop may ask Redis")
  func crowd() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(
      redis.socketPath, patience: "60s", ["--set", "limits.pendingCommands=2000"])
    let calm = try daemon.readyClient()
    let folder = try ScratchFolder()
    // The other one has had short replies only, and may have most calls under way.
    let crowd = try ClientProcess(
      """
      links = [connect(sys.argv[1]) for _ in range(50)]
      for _ in range(20):
          for link in links:
              ask(link, "kv.get", key="k")
      say("ready")
      while not os.path.exists(sys.argv[2]):
          time.sleep(0.01)
      text = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "kv.get", "params": {"key": "k"}}).encode() + b"\\n"
      for link in links:
          link[0].sendall(text * 100)
      say("sent")
      refused = sum(b"error" in link[1].readline() for link in links for _ in range(100))
      say(refused)
      """, [daemon.socketPath, folder("go")])
    _ = crowd.lines(1)
    redis.pause()
    try TextFile.write("", to: folder("go"))
    let observer = try daemon.client()
    _ = crowd.lines(2)
    try eventually("the crowd is held back") {
      try observer.metrics().sum("limit_hits_total", ["limit": "peer_share"]) > 0
    }
    try calm.sendAll((0..<100).map { ("counter.increment", #"{"key":"n\#($0)"}"#) })
    redis.resume()
    #expect(try calm.readAll(100).values.allSatisfy { $0["value"] as? Int == 1 })
    #expect(crowd.lines(3).last == "0", "refusals")
    #expect(try observer.metrics().sum("limit_hits_total", ["limit": "pending_commands"]) == 0)
  }
}
