import Support
import Testing

/// Work that would hold up an event loop: other threads do it, and nobody notices but by not having to wait.
@Suite("Work off the event loops", .timeLimit(.minutes(3)))
struct OffLoopTests {
  /// A schema of few bytes that takes long: its patterns are searched at every place.
  static let slow =
    #"{"properties":{"t":{"allOf":[\#((0..<70).map { #"{"pattern":"^(?:a|b|ab)*\#($0)c$"}"# }.joined(separator: ","))]}}}"#
  static let text = String(repeating: "ab", count: 9_000)

  private static func large(_ count: Int) -> String {
    "{" + (0..<count).map { #""n\#($0)":\#($0)"# }.joined(separator: ",") + "}"
  }

  private static func done(_ client: LineClient) throws -> Double {
    try client.metrics().sum("work_done_total")
  }

  @Test(
    "leaves the calls of a connection in their order, whatever begins elsewhere",
    arguments: EventStore.allCases)
  func order(store: EventStore) throws {
    try store.run { daemon, _ in
      let client = try daemon.client()
      let before = try Self.done(client)
      let answers = try client.pipeline([
        ("counter.increment", #"{"key":"n"}"#),
        ("events.define", #"{"channel":"a","schema":\#(Self.slow)}"#),
        ("events.publish", #"{"channel":"a","data":{"t":1}}"#),
        ("counter.increment", #"{"key":"n"}"#),
        ("cache.key", #"{"value":\#(Self.large(2_000))}"#),
        ("events.define", #"{"channel":"b","schema":\#(Self.slow)}"#),
        ("events.define", #"{"channel":"b","schema":{"required":["u"]}}"#),
        ("events.publish", #"{"channel":"b","data":{"t":1}}"#),
        ("events.define", #"{"channel":"c","schema":\#(Self.slow)}"#),
        ("events.define", #"{"channel":"c","schema":null}"#),
        ("events.publish", #"{"channel":"c","data":{"t":"aac"}}"#),
        ("counter.increment", #"{"key":"n"}"#),
      ])
      #expect([0, 3, 11].map { answers[$0]?["value"] as? Int } == [1, 2, 3])
      #expect([2, 7, 10].map { answers[$0]?.reason } == [nil, "VALIDATION_FAILED", nil])
      #expect(try Self.done(client) > before)
    }
  }

  @Test(
    "leaves the members of a batch in their order as well, over HTTP too", arguments: [false, true])
  func batch(isHTTP: Bool) throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    var calls: [String] = []
    for number in 0..<20 {
      let schema = number % 2 == 0 ? "false" : Self.slow
      calls.append(
        LineClient.request(
          "events.define", #"{"channel":"c\#(number)","schema":\#(schema)}"#, id: 2 * number))
      calls.append(
        LineClient.request(
          "events.publish", #"{"channel":"c\#(number)","data":1}"#, id: 2 * number + 1))
    }
    let text = "[\(calls.map { $0.dropLast() }.joined(separator: ","))]"
    let reply: String
    if isHTTP {
      let plain = try LineClient(path: daemon.socketPath, isSidecar: false)
      try plain.send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(text.utf8.count)\r\nConnection: close\r\n\r\n\(text)"
      )
      reply = String(try plain.readToEnd().split(separator: "\r\n\r\n", maxSplits: 1)[1])
    } else {
      try client.send(text + "\n")
      reply = try client.readLine()
    }
    let all = Answer(#"{"result":\#(reply)}"#).result as? [[String: Any]] ?? []
    #expect(all.count == 40)
    let refused = all.filter { $0["error"] != nil }.compactMap { $0["id"] as? Int }
    #expect(refused.sorted() == stride(from: 1, to: 40, by: 4).map(\.self))
  }

  @Test(
    "on one record has others on it wait, and loses none of their changes",
    arguments: EventStore.allCases)
  func records(store: EventStore) throws {
    try store.run { daemon, _ in
      let client = try daemon.client()
      let session = try #require(
        try client.call("session.create", #"{"data":\#(Self.large(4_000))}"#)["sessionId"]
          as? String)
      var calls: [(String, String)] = []
      for number in 0..<30 {
        let patch = number % 3 == 0 ? Self.large(3_000) : #"{"m\#(number)":\#(number)}"#
        calls.append(("session.update", #"{"sessionId":"\#(session)","patch":\#(patch)}"#))
      }
      calls.append(("session.get", #"{"sessionId":"\#(session)"}"#))
      let answers = try client.pipeline(calls)
      #expect(answers.count == 31 && answers.values.allSatisfy { $0.reason == nil })
      let data = answers[30]?["data"] as? [String: Any]
      #expect(data?.count == 4_000 + 20)
    }
  }

  @Test("is none of what is small, however much of that one connection asks for")
  func small() throws {
    let daemon = try Daemon(["--loops", "1"])
    let client = try daemon.client()
    try EventsSchemaTests.define(
      client, #"{"required":["a"],"properties":{"a":{"type":"integer"}}}"#)
    #expect(try client.publish("c", #"{"a":0}"#) == 0)
    let session = try #require(
      try client.call("session.create", #"{"data":\#(Self.large(20))}"#)["sessionId"] as? String)
    let before = try Self.done(client)
    var calls = (0..<3_000).map { ("events.publish", #"{"channel":"c","data":{"a":\#($0)}}"#) }
    calls += (0..<500).map {
      (
        "session.update",
        #"{"sessionId":"\#(session)","patch":{"n1":\#($0)},"onlyIf":{"required":["n2"]}}"#
      )
    }
    let answers = try client.pipeline(calls)
    #expect(answers.count == calls.count && answers.values.allSatisfy { $0.reason == nil })
    #expect(try Self.done(client) == before)
  }

  @Test("goes on while the loop answers others, and one who is too greedy is told so")
  func share() throws {
    let daemon = try Daemon(["--loops", "1", "--set", "limits.waitingWork=8"])
    let calm = try daemon.client()
    try EventsSchemaTests.define(calm, Self.slow)
    let params = #"{"channel":"c","data":{"t":"\#(Self.text)"}}"#
    let greedy = try (0..<40).map { _ in try daemon.client() }
    for client in greedy { try client.send(LineClient.request("events.publish", params)) }
    // A call that needs no such work is answered whatever waits for it.
    #expect(try calm.call("system.ping").result as? String == "pong")
    let reasons = try greedy.map { Answer(try $0.readLine(within: .seconds(60))).reason }
    #expect(reasons.contains("OVERLOADED") && reasons.contains("VALIDATION_FAILED"))
    #expect(Set(reasons).isSubset(of: ["OVERLOADED", "VALIDATION_FAILED", "TOO_LARGE"]))
    let metrics = try calm.metrics()
    #expect(metrics.sum("limit_hits_total", ["limit": "waiting_work"]) > 0)
    #expect(metrics.sum("work_waiting") == 0)
  }

  @Test("that has not begun ends with its call's time, and with its connection")
  func ends() throws {
    let daemon = try Daemon(["--loops", "1"])
    let calm = try daemon.client()
    try EventsSchemaTests.define(calm, Self.slow)
    let publish = #"{"channel":"c","data":{"t":"\#(Self.text)"}}"#
    let busy = try (0..<30).map { _ in try daemon.client() }
    for client in busy { try client.send(LineClient.request("events.publish", publish)) }
    let late = try calm.call(
      "session.create", #"{"data":\#(Self.large(3_000)),"deadlineMs":1}"#)
    #expect(late.reason == "DEADLINE_EXCEEDED" || late.reason == nil)
    #expect(try calm.call("system.ping").result as? String == "pong")
    // The others hang up: what they have asked for is not done for nobody.
    _ = consume busy
    #expect(
      try eventually {
        let metrics = try calm.metrics()
        return metrics.sum("connections") == 1 && metrics.sum("work_waiting") == 0
      })
    #expect(try calm.call("session.create", #"{"data":\#(Self.large(3_000))}"#).reason == nil)
  }
}
