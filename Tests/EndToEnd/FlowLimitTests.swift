internal import Glibc
internal import Support
internal import Testing

@Suite("A limit of what is under way", .timeLimit(.minutes(2)))
struct FlowLimitTests {
  /// A sidecar of one loop in front of a Redis, and a client of it that is answered.
  private static func start(
    _ settings: String...
  ) throws -> (redis: RedisServer, sidecar: Daemon, client: LineClient) {
    let redis = try RedisServer()
    let sidecar = try Daemon(
      ["--redis", "unix://" + redis.socketPath, "--loops", "1"]
        + (settings + ["store.commandTimeout=30s"]).flatMap { ["--set", $0] })
    return (redis, sidecar, try sidecar.readyClient())
  }

  private static func hits(_ sidecar: Daemon, _ limit: String) throws -> Double {
    try sidecar.client().metrics().sum("limit_hits_total", ["limit": limit])
  }

  @Test("on one connection: it is not read for a while, and others are")
  func inFlight() throws {
    let (redis, sidecar, client) = try Self.start("limits.inFlightPerConnection=4")
    redis.pause()
    let count = 20_000
    let requests = (0..<count).map { LineClient.request("kv.exists", #"{"key":"k"}"#, id: $0) }
    let bytes = Array(requests.joined().utf8)
    let taken = client.offer(bytes)
    #expect(taken > 0)
    #expect(try eventually { try Self.hits(sidecar, "in_flight") > 0 })
    // Backpressure reaches the client: its socket takes no more.
    var more = 0
    while case let sent = client.offer(Array(bytes[(taken + more)...])), sent > 0 { more += sent }
    #expect(taken + more < bytes.count)
    #expect(try sidecar.client().metrics().sum("calls_in_flight") <= 6)
    redis.resume()
    var ids: [Int] = []
    var sent = taken + more
    var whole = bytes[..<sent].count { $0 == UInt8(ascii: "\n") }
    while true {
      // Answers are read before more is sent: a reader that doesn't would be held back as well.
      ids += try client.readLines(whole - ids.count).compactMap { Answer($0).id }
      guard sent < bytes.count else { break }
      let next = min(sent + 16_384, bytes.count)
      try client.send(bytes[sent..<next])
      whole += bytes[sent..<next].count { $0 == UInt8(ascii: "\n") }
      sent = next
    }
    #expect(ids.sorted() == Array(0..<count))
  }

  @Test("on one loop: OVERLOADED")
  func pendingCommands() throws {
    let (redis, sidecar, client) = try Self.start(
      "limits.pendingCommands=16", "pending.sweepInterval=1h")
    // The commands of the sidecar's own sweep are among them, until it is over.
    let isSwept = try eventually {
      try redis.command(["INFO", "commandstats"]).contains("cmdstat_zrangebyscore")
    }
    #expect(isSwept)
    _ = try client.call("kv.exists", #"{"key":"k"}"#)
    redis.pause()
    let calls = (0..<40).map { LineClient.request("kv.exists", #"{"key":"k"}"#, id: $0) }
    try client.send(calls.joined())
    let refused = try client.readLines(24).map { Answer($0) }
    #expect(refused.allSatisfy { $0.reason == "OVERLOADED" && $0.isRetryable == true })
    let hits = try Self.hits(sidecar, "pending_commands")
    redis.resume()
    let rest = try client.readLines(16).map { Answer($0) }
    #expect(rest.allSatisfy { $0.result as? Bool == false })
    #expect(hits == 24)
  }

  @Test("on the flows that a loop has at hand: one is let go, and read again when it is needed")
  func flowsAtHand() throws {
    let sidecar = try Daemon(["--loops", "1", "--set", "session.rateLimit=100000"])
    let client = try sidecar.readyClient()
    var visitors: [String] = []
    for number in 0...256 {
      if number == 256 { #expect(try Self.hits(sidecar, "flow_cache") == 0) }
      let definition = #"{"name":"f\#(number)","steps":[{"id":"a","schema":{"required":["x"]}}]}"#
      #expect(try client.call("flow.define", definition)["version"] as? Int == 1)
      let begun = try client.call("session.create", #"{"flow":"f\#(number)"}"#)
      visitors.append(try #require(begun["sessionId"] as? String, "\(begun)"))
    }
    #expect(try Self.hits(sidecar, "flow_cache") == 1)
    for visitor in visitors {
      let step = #"{"sessionId":"\#(visitor)","step":"a","patch":{"x":1}}"#
      #expect(try client.call("session.completeStep", step)["canSubmit"] as? Bool == true)
    }
    #expect(try Self.hits(sidecar, "flow_cache") > 1)
  }

  @Test("in time: DEADLINE_EXCEEDED")
  func deadline() throws {
    let (redis, sidecar, client) = try Self.start()
    redis.pause()
    let answer = try client.call("kv.get", #"{"key":"k","deadlineMs":20}"#)
    #expect(answer.reason == "DEADLINE_EXCEEDED")
    #expect(try Self.hits(sidecar, "deadline") == 1)
    redis.resume()
    #expect(try client.call("kv.get", #"{"key":"k"}"#, id: 2).id == 2)
  }

  @Test("of replies that nobody reads: that reader is dropped")
  func unreadReplies() throws {
    let (redis, sidecar, client) = try Self.start("limits.unreadReplyBytes=64KiB")
    let value = "\"\(String(repeating: "x", count: 60_000))\""
    try client.call("kv.set", #"{"key":"k","value":\#(value)}"#)
    redis.pause()
    let calls = (0..<500).map { LineClient.request("kv.get", #"{"key":"k"}"#, id: $0) }
    try client.send(calls.joined())
    #expect(eventually { client.isTaken })
    redis.resume()
    #expect(try eventually { try Self.hits(sidecar, "unread_replies") == 1 })
    #expect(client.isClosed())
    #expect(try sidecar.readyClient().call("kv.exists", #"{"key":"k"}"#).result as? Bool == true)
  }

  @Test("of one reply's bytes: TOO_LARGE")
  func replySize() throws {
    let sidecar = try Daemon(["--set", "limits.unreadReplyBytes=64KiB"])
    let client = try sidecar.client()
    let value = "\"\(String(repeating: "x", count: 30_000))\""
    try client.call("kv.set", #"{"key":"k","value":\#(value)}"#)
    #expect(try client.call("batch.get", #"{"keys":["k","k"]}"#).result != nil)
    #expect(try client.call("batch.get", #"{"keys":["k","k","k"]}"#).reason == "TOO_LARGE")
    let get = LineClient.request("kv.get", #"{"key":"k"}"#).dropLast()
    try client.send("[\(Array(repeating: get, count: 4).joined(separator: ","))]\n")
    let replies = ReducedReply.all(try client.readLine())
    #expect(replies.filter { $0 == #"{"error":-32001,"id":1}"# }.count == 2)
    #expect(replies.filter { $0.hasPrefix(#"{"id":1,"result":"#) }.count == 2)
    #expect(try Self.hits(sidecar, "reply_size") == 3)
    // What was done and has a short answer says so, and what was taken out is handed over.
    try client.call("kv.set", #"{"key":"ticket","value":\#(value)}"#)
    let set = LineClient.request("kv.set", #"{"key":"other","value":1}"#).dropLast()
    let take = LineClient.request("kv.take", #"{"key":"ticket"}"#, id: 9).dropLast()
    let batch = Array(repeating: get, count: 3) + [set, take]
    try client.send("[\(batch.joined(separator: ","))]\n")
    let line = try client.readLine()
    #expect(line.contains(#""result":{"ok":true}"#))
    #expect(line.contains(#"{"jsonrpc":"2.0","id":9,"result":{"found":true,"value":\#(value)}}"#))
  }
}
