internal import Glibc
internal import Support
internal import Testing

/// Each configured limit at its very value: so much is taken, and one more is not. Those of memory, of
/// tokens and of slow signatures have the same test where their parts are at hand.
@Suite("A configured limit", .timeLimit(.minutes(2)))
struct LimitEdgeTests {
  /// Sends a call and tells how it ended; nil is well.
  typealias Attempt = @Sendable (LineClient) throws -> String?

  struct Edge: CustomTestStringConvertible, Sendable {
    let setting: String
    /// The metric's label.
    let limit: String
    let atLimit: Attempt
    let pastIt: Attempt
    let reason: String

    var testDescription: String { setting }
  }

  private static func call(_ method: String, _ params: String) -> Attempt {
    { try $0.call(method, params).reason }
  }

  private static func line(_ text: String) -> Attempt {
    { client in
      try client.send(text + "\n")
      let line = try client.readLine()
      return line.hasPrefix("[") ? nil : Answer(line).reason
    }
  }

  private static let ping = #"{"jsonrpc":"2.0","id":1,"method":"system.ping"}"#

  private static func padded(to bytes: Int) -> String {
    ping + String(repeating: " ", count: bytes - ping.utf8.count)
  }

  private static func batch(_ count: Int) -> String {
    "[" + Array(repeating: ping, count: count).joined(separator: ",") + "]"
  }

  private static func nested(_ depth: Int) -> String {
    let value = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    return #"{"key":"k","value":\#(value)}"#
  }

  private static func keys(_ count: Int) -> String {
    #"{"keys":[\#((0..<count).map { "\"\($0)\"" }.joined(separator: ","))]}"#
  }

  static let edges: [Edge] = [
    Edge(
      setting: "limits.frameBytes=2000", limit: "frame_size", atLimit: line(padded(to: 2000)),
      pastIt: line(padded(to: 2001)), reason: "TOO_LARGE"),
    Edge(
      setting: "limits.batchLength=7", limit: "batch_length", atLimit: line(batch(7)),
      pastIt: line(batch(8)), reason: "TOO_LARGE"),
    // The request and its parameters are two of them.
    Edge(
      setting: "limits.depth=9", limit: "depth", atLimit: call("kv.set", nested(7)),
      pastIt: call("kv.set", nested(8)), reason: "TOO_LARGE"),
    Edge(
      setting: "limits.keyBytes=20", limit: "key_length",
      atLimit: call("kv.exists", #"{"key":"\#(String(repeating: "k", count: 20))"}"#),
      pastIt: call("kv.exists", #"{"key":"\#(String(repeating: "k", count: 21))"}"#),
      reason: "TOO_LARGE"),
  ]

  @Test("holds at its value", arguments: edges)
  func edge(_ edge: Edge) throws {
    let daemon = try Daemon(["--set", edge.setting])
    let client = try daemon.client()
    let hits = { try client.metrics().sum("limit_hits_total", ["limit": edge.limit]) }
    for _ in 0..<2 { #expect(try edge.atLimit(client) == nil) }
    #expect(try hits() == 0)
    #expect(try edge.pastIt(client) == edge.reason)
    #expect(try hits() == 1)
    #expect(try edge.atLimit(client) == nil)
  }

  @Test("of a batch's length is that of the batch methods' lists too")
  func lists() throws {
    let daemon = try Daemon(["--set", "limits.batchLength=7"])
    let client = try daemon.client()
    let entries = { (count: Int) in
      let list = (0..<count).map { #"{"key":"\#($0)","value":1}"# }.joined(separator: ",")
      return #"{"entries":[\#(list)]}"#
    }
    for method in ["batch.get", "batch.remove"] {
      #expect(try client.call(method, Self.keys(7)).reason == nil)
      #expect(try client.call(method, Self.keys(8)).reason == "TOO_LARGE")
    }
    #expect(try client.call("batch.set", entries(7)).reason == nil)
    #expect(try client.call("batch.set", entries(8)).reason == "TOO_LARGE")
  }

  @Test("of calls in flight holds the next one back, and not the last of them")
  func inFlight() throws {
    let daemon = try Daemon(["--loops", "1", "--set", "limits.inFlightPerConnection=4"])
    let (holder, client) = (try daemon.client(), try daemon.client())
    let claim = #"{"key":"job","owner":"holder"}"#
    #expect(try holder.call("claim.once", claim)["claimed"] as? Bool == true)
    func wait(_ id: Int) throws {
      let params = #"{"key":"job","owner":"w\#(id)","waitMs":60000}"#
      try client.send(LineClient.request("claim.once", params, id: id))
    }
    for id in 1...3 { try wait(id) }
    // There is room for one that is answered at once.
    #expect(try client.call("system.ping", id: 10).id == 10)
    try wait(4)
    let isFull = try eventually {
      try holder.metrics().sum("limit_hits_total", ["limit": "in_flight"]) > 0
    }
    #expect(isFull)
    try client.send(LineClient.request("system.ping", id: 11))
    // What the loop has for the one, it has looked at when the other is answered; this one it leaves.
    for _ in 0..<20 { #expect(try holder.metrics().sum("calls_in_flight") == 5) }
    #expect(throws: LineClient.Failure.self) { try client.readLine(within: .milliseconds(50)) }
    #expect(
      try holder.call("claim.release", claim)["released"] as? Bool == true)
    let ids = Set(try client.readLines(2).map { Answer($0).id ?? -1 })
    #expect(ids == [1, 11])
  }

  @Test("of connections is how many there are, over all loops", arguments: [1, 2])
  func connections(loops: Int) throws {
    let daemon = try Daemon(["--loops", "\(loops)", "--set", "limits.connections=3"])
    let first = try daemon.client()
    // Those that were made while it started go.
    let isAlone = try eventually { try first.metrics().sum("connections") == 1 }
    #expect(isAlone)
    var others = [try daemon.client(), try daemon.client()]
    for client in others { #expect(try client.call("system.ping").result != nil) }
    #expect(Answer(try daemon.client().readLine()).reason == "OVERLOADED")
    #expect(Answer(try daemon.client().readLine()).reason == "OVERLOADED")
    others.removeLast()
    let isRoom = eventually { (try? daemon.client().call("system.ping"))?.result != nil }
    #expect(isRoom)
  }

  @Test("of commands that wait for the store refuses the next, and not the last")
  func pendingCommands() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(
      redis.socketPath, patience: "20s",
      [
        "--loops", "1", "--set", "limits.pendingCommands=16", "--set", "pending.sweepInterval=1h",
      ])
    let client = try daemon.readyClient()
    // The sidecar's own sweep is one of those commands, until it is over.
    let isSwept = try eventually {
      try redis.command(["INFO", "commandstats"]).contains("cmdstat_zrangebyscore")
    }
    #expect(isSwept)
    _ = try client.call("kv.exists", #"{"key":"k"}"#)
    redis.pause()
    func send(_ ids: Range<Int>) throws {
      try client.send(
        ids.map { LineClient.request("kv.exists", #"{"key":"k"}"#, id: $0) }.joined())
    }
    try send(0..<16)
    #expect(try client.call("system.ping", id: 100).id == 100)
    try send(16..<17)
    let refused = Answer(try client.readLine())
    #expect(refused.id == 16 && refused.reason == "OVERLOADED")
    redis.resume()
    #expect(Set(try client.readLines(16).map { Answer($0).id ?? -1 }) == Set(0..<16))
  }

  @Test(
    "of those that wait for a claim refuses the next, and not the last",
    arguments: ["memory", "redis"])
  func claimWaiters(_ store: String) throws {
    let sidecar = try StreamSidecar(store, ["--set", "limits.claimWaiters=3"])
    let (holder, client) = (try sidecar.client(), try sidecar.client())
    let claim = #"{"key":"job","owner":"holder"}"#
    #expect(try holder.call("claim.once", claim)["claimed"] as? Bool == true)
    for id in 0..<4 {
      let params = #"{"key":"job","owner":"w\#(id)","waitMs":60000}"#
      try client.send(LineClient.request("claim.once", params, id: id))
      guard id < 3 else { continue }
      // Answered after it, so it stands in the queue.
      #expect(try client.call("kv.exists", #"{"key":"-"}"#, id: 10 + id).id == 10 + id)
    }
    let refused = Answer(try client.readLine())
    #expect(refused.id == 3 && refused.reason == "OVERLOADED")
  }

  @Test(
    "of subscriptions refuses the next, and not the last",
    arguments: [("limits.subscriptions=3", false), ("limits.subscriptionsPerConnection=3", true)])
  func subscriptions(_ setting: String, isOfConnection: Bool) throws {
    let daemon = try Daemon(["--set", setting])
    let (client, other) = (try daemon.client(), try daemon.client())
    for _ in 0..<3 { _ = try client.subscribe(#"{"channel":"c"}"#) }
    #expect(try client.call("events.subscribe", #"{"channel":"c"}"#).reason == "OVERLOADED")
    let elsewhere = try other.call("events.subscribe", #"{"channel":"c"}"#).reason
    #expect(elsewhere == (isOfConnection ? nil : "OVERLOADED"))
  }

  @Test("of a reply's bytes is what many values may have together", arguments: [0, 1])
  func values(more: Int) throws {
    let daemon = try Daemon(["--set", "limits.unreadReplyBytes=64KiB"])
    let client = try daemon.client()
    for (key, bytes) in [("a", 32_768), ("b", 32_768 + more)] {
      let value = String(repeating: "x", count: bytes - 2)
      #expect(
        try client.call("kv.set", #"{"key":"\#(key)","value":"\#(value)"}"#)["ok"] as? Bool == true)
    }
    let reason = try client.call("batch.get", #"{"keys":["a","b"]}"#).reason
    #expect(reason == (more == 0 ? nil : "TOO_LARGE"))
  }

  @Test("of a reply's bytes is what a batch's reply may have", arguments: [0, 1])
  func batchReply(more: Int) throws {
    let daemon = try Daemon(["--set", "limits.unreadReplyBytes=64KiB"])
    let client = try daemon.client()
    func ask(valueBytes: Int) throws -> String {
      let value = String(repeating: "x", count: valueBytes)
      try client.call("kv.set", #"{"key":"a","value":"\#(value)"}"#)
      try client.send("[\(LineClient.request("kv.get", #"{"key":"a"}"#).dropLast())]\n")
      return try client.readLine()
    }
    // All but the bracket that ends it is counted.
    let rest = try ask(valueBytes: 300).utf8.count - 300 - 1
    let line = try ask(valueBytes: 65_536 - rest + more)
    #expect(line.contains("TOO_LARGE") == (more > 0))
    #expect(more > 0 || line.utf8.count == 65_537)
  }
}
