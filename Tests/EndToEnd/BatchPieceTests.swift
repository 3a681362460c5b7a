internal import Support
internal import Testing

/// Calls of many values, which go to the store in pieces: what others, and the same connection, see of that.
@Suite("A call of many values", .timeLimit(.minutes(3)))
struct BatchPieceTests {
  private static func keys(_ count: Int) -> String {
    #"{"keys":[\#((0..<count).map { "\"k\($0)\"" }.joined(separator: ","))]}"#
  }

  private static func entries(_ count: Int, value: Int) -> String {
    let list = (0..<count).map { #"{"key":"k\#($0)","value":\#(value)}"# }
    return #"{"entries":[\#(list.joined(separator: ","))]}"#
  }

  /// The calls of a connection in turn, each of which shows whether those before it were done, and those after it not.
  private static func calls(_ count: Int) -> [(method: String, params: String)] {
    [
      ("batch.set", entries(count, value: 1)),
      ("kv.get", #"{"key":"k\#(count - 1)"}"#),
      ("batch.get", keys(count)),
      ("kv.set", #"{"key":"k\#(count - 1)","value":2}"#),
      ("batch.get", keys(count)),
      ("batch.set", entries(count, value: 3)),
      ("batch.remove", keys(count)),
      ("kv.exists", #"{"key":"k\#(count - 1)"}"#),
      ("batch.set", entries(count, value: 4)),
      ("kv.get", #"{"key":"k0"}"#),
    ]
  }

  private static func check(_ answers: [Int: Answer], _ count: Int) throws {
    func values(_ id: Int) throws -> [Int?] {
      let list = try #require(answers[id]?.result as? [[String: Any]])
      return list.map { $0["value"] as? Int }
    }
    #expect(answers[1]?["value"] as? Int == 1)
    #expect(try values(2) == Array(repeating: 1, count: count))
    #expect(try values(4) == Array(repeating: 1, count: count - 1) + [2])
    let removed = try #require(answers[6]?.result as? [[String: Any]])
    #expect(removed.count == count && removed.allSatisfy { $0["removed"] as? Bool == true })
    #expect(answers[7]?.result as? Bool == false)
    #expect(answers[9]?["value"] as? Int == 4)
  }

  @Test(
    "takes effect on each key in its turn, however many pieces it is in",
    arguments: ["memory", "redis"], [10, 700])
  func order(_ store: String, count: Int) throws {
    let sidecar = try StreamSidecar(store, loops: 1)
    let calls = Self.calls(count)
    for _ in 0..<3 {
      let client = try sidecar.client()
      try Self.check(try client.pipeline(calls), count)
      let members = calls.enumerated().map { LineClient.request($1.0, $1.1, id: $0).dropLast() }
      try client.send("[\(members.joined(separator: ","))]\n")
      let line = try client.readLine()
      var answers: [Int: Answer] = [:]
      for text in ReducedReply.all(line) {
        let answer = Answer(text)
        answers[answer.id ?? -1] = answer
      }
      #expect(answers.count == calls.count)
      try Self.check(answers, count)
    }
  }

  @Test(
    "reads a few long values at a time, also after many short ones",
    arguments: ["kv.set", "batch.set"])
  func longValues(method: String) throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    let value = String(repeating: "x", count: 100_000)
    for number in 0..<40 {
      let entry = #"{"key":"k\#(number)","value":"\#(value)"}"#
      _ = try client.call(method, method == "kv.set" ? entry : #"{"entries":[\#(entry)]}"#)
    }
    for _ in 0..<4 {
      let none = (0..<500).map { "\"none\($0)\"" }.joined(separator: ",")
      _ = try client.call("batch.get", #"{"keys":[\#(none)]}"#)
    }
    _ = try redis.command(["CONFIG", "RESETSTAT"])
    let values = try client.call("batch.get", Self.keys(40)).result as? [[String: Any]]
    #expect(values?.allSatisfy { ($0["value"] as? String)?.utf8.count == 100_000 } == true)
    let reads = try redis.command(["INFO", "commandstats"])
      .firstMatch(of: /cmdstat_mget:calls=(\d+)/)?.1
    #expect(reads == "20", "each of two values, as less than 256 KiB are to be read at a time")
  }

  @Test("is answered over HTTP when all of a batch is done, notifications alone with 204")
  func http() throws {
    let daemon = try Daemon(["--loops", "1"])
    let client = try LineClient(path: daemon.socketPath, isSidecar: false)
    for (isNoticed, count) in [(false, 1), (false, 300), (true, 300), (false, 300)] {
      let members = Self.calls(count).enumerated().map { place, call in
        let id = isNoticed ? "" : #""id":\#(place),"#
        return #"{"jsonrpc":"2.0",\#(id)"method":"\#(call.method)","params":\#(call.params)}"#
      }
      let body = "[\(members.joined(separator: ","))]"
      try client.send(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
      #expect(try client.readLine().hasPrefix(isNoticed ? "HTTP/1.1 204" : "HTTP/1.1 200"))
      var length = 0
      while true {
        let line = try client.readLine().lowercased()
        guard let colon = line.firstIndex(of: ":") else { break }
        guard line[..<colon] == "content-length" else { continue }
        length = Int(line[line.index(after: colon)...].filter(\.isNumber)) ?? 0
      }
      let text = try client.readBytes(length)
      #expect(text.components(of: #""id":"#) == (isNoticed ? 0 : 10))
    }
  }

  @Test("of small values is one command, once it is known that they are")
  func one() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    func commands() throws -> Int { try redis.calls()["mget"] ?? 0 }
    for count in [10, 100] {
      #expect(try client.call("batch.set", Self.entries(count, value: 1)).reason == nil)
      for _ in 0..<3 { _ = try client.call("batch.get", Self.keys(count)) }
      let before = try commands()
      let answer = try client.call("batch.get", Self.keys(count))
      #expect((answer.result as? [Any])?.count == count)
      #expect(try commands() - before == 1)
      // Of the same process, on another connection.
      _ = try daemon.readyClient().call("batch.get", Self.keys(count))
      #expect(try commands() - before == 2)
    }
  }

  @Test("that are too much together is refused before all were read")
  func tooMuch() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(
      redis.socketPath, ["--set", "limits.unreadReplyBytes=4MiB"])
    let client = try daemon.readyClient()
    let value = String(repeating: "x", count: 1_000_000)
    for place in 0..<30 {
      #expect(
        try client.call("kv.set", #"{"key":"k\#(place)","value":"\#(value)"}"#).reason == nil)
    }
    func sent() throws -> Int {
      let lines = try redis.command(["INFO", "stats"]).split(whereSeparator: \.isNewline)
      let line = try #require(lines.first { $0.hasPrefix("total_net_output_bytes:") })
      return try #require(Int(line.drop { $0 != ":" }.dropFirst()))
    }
    let before = try sent()
    for _ in 0..<2 {
      #expect(try client.call("batch.get", Self.keys(30)).reason == "TOO_LARGE")
    }
    // Four values at first, and then one after the other: 30 of each call without pieces.
    #expect(try sent() - before < 14_000_000)
    let three = try client.call("batch.get", Self.keys(3))
    #expect((three.result as? [[String: Any]])?.compactMap { $0["value"] as? String }.count == 3)
  }

  @Test("ends at its deadline with what is true, and the next call begins then")
  func deadline() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "20s")
    let client = try daemon.readyClient()
    redis.pause()
    let deadline = #","deadlineMs":100}"#
    let read = String(Self.keys(700).dropLast()) + deadline
    #expect(try client.call("batch.get", read).reason == "DEADLINE_EXCEEDED")
    let write = try client.call(
      "batch.set", String(Self.entries(700, value: 1).dropLast()) + deadline)
    let list = try #require(write.result as? [[String: Any]])
    let reasons = list.map {
      (($0["error"] as? [String: Any])?["data"] as? [String: Any])?["reason"] as? String
    }
    #expect(reasons.first == "OUTCOME_UNKNOWN")
    #expect(reasons.last == "DEADLINE_EXCEEDED")
    redis.resume()
    #expect(try client.call("kv.get", #"{"key":"k699"}"#)["found"] as? Bool == false)
    #expect(try client.metrics().sum("calls_in_flight") == 1)
  }

  @Test("costs the others no error where Redis sends slowly, nor do large values")
  func throttled() throws {
    let redis = try RedisServer()
    let relay = try CuttingProxy(to: redis.socketPath)
    let daemon = try RedisSidecar.start(relay.path, patience: "500ms")
    let (greedy, calm) = (try daemon.readyClient(), try daemon.readyClient())
    let value = String(repeating: "x", count: 1_000_000)
    for place in 0..<4 {
      #expect(try greedy.call("kv.set", #"{"key":"k\#(place)","value":"\#(value)"}"#).reason == nil)
    }
    relay.throttle(to: 40_000, each: .milliseconds(10))
    try greedy.send(LineClient.request("batch.get", Self.keys(4), id: 1))
    try greedy.send(LineClient.request("kv.get", #"{"key":"k0"}"#, id: 2))
    for _ in 0..<3 {
      #expect(try calm.call("counter.increment", #"{"key":"n"}"#).reason == nil)
    }
    relay.throttle(to: nil)
    let answers = try greedy.readAll(2)
    #expect((answers[1]?.result as? [Any])?.count == 4)
    #expect(answers[2]?["found"] as? Bool == true)
    #expect(try calm.metrics().sum("store_command_timeouts_total") == 0)
  }
}
