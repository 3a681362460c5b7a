import Support
import Testing

/// What people complain of elsewhere, and the rest of what `idempotency.*` promises its callers.
@Suite("What is to be done once", .timeLimit(.minutes(3)))
struct GuardTests {
  typealias Place = GuardStage.Place

  // MARK: Complaints

  @Test(
    "a webhook is processed again because the first run has just ended", arguments: Place.allCases)
  func justEnded(place: Place) throws {
    let stage = try GuardStage(place)
    let clients = try stage.clients(8)
    // Deliveries go on while the run ends, and after it; none of them is a second run.
    for round in 0..<20 {
      let key = "stripe:evt_\(round)"
      let receipt = try clients[0].beginNew(key)
      var results: [String] = []
      var turns = clients.map { _ in 12 }
      try ConcurrentCalls(clients).run(
        next: { index in
          turns[index] -= 1
          if turns[index] < 0 { return .end }
          guard index == 0, turns[0] == 6 else {
            return .call(method: "idempotency.begin", params: #"{"key":"\#(key)"}"#)
          }
          return .call(
            method: "idempotency.complete",
            params: #"{"key":"\#(key)","receipt":"\#(receipt)","result":\#(round)}"#)
        },
        ended: { _, exchange in
          let answer = try #require(exchange.answer)
          results.append(try #require(answer["status"] as? String, "\(answer)"))
        })
      #expect(results.count == 96)
      #expect(Set(results).isSubset(of: ["in_progress", "completed"]))
      for client in clients { #expect(try client.begin(key)["result"] as? Int == round) }
    }
  }

  @Test("a webhook is never processed because the first run has died", arguments: Place.allCases)
  func died(place: Place) throws {
    let stage = try GuardStage(place)
    let client = try #require(try stage.clients(2).last)
    let run = try ClientProcess(
      """
      link = connect(sys.argv[1])
      answer = ask(link, "idempotency.begin", key="paypal:WH-1", lockTtl="700ms")
      say(answer["status"])
      time.sleep(60)
      """, [stage.daemons[0].socketPath])
    #expect(run.lines(1) == ["new"])
    run.process.kill()
    let early = try client.begin("paypal:WH-1")
    // On a busy machine the lock has lapsed by now.
    var receipt = early["receipt"] as? String
    if receipt == nil {
      #expect(early["status"] as? String == "in_progress")
      let rest = try #require(early["retryAfterMs"] as? Int)
      #expect((1...700).contains(rest))
      let next = try client.begin("paypal:WH-1", #","waitMs":30000"#)
      #expect(next["status"] as? String == "new" && next["attempt"] as? Int == 2, "\(next)")
      receipt = next["receipt"] as? String
    }
    try client.complete("paypal:WH-1", try #require(receipt), "true")
    #expect(try client.begin("paypal:WH-1")["result"] as? Bool == true)
  }

  @Test("a fast retry gets 500 in place of \"in progress\"", arguments: Place.allCases)
  func fastRetry(place: Place) throws {
    let stage = try GuardStage(place)
    let clients = try stage.clients(20)
    let begin = (method: "idempotency.begin", params: #"{"key":"pay:1","fingerprint":"f"}"#)
    for round in 0..<5 {
      let answers = try ConcurrentCalls(clients, window: 10).run(
        clients.map { _ in Array(repeating: begin, count: 10) }
      ).joined().compactMap(\.answer)
      #expect(answers.count == 200)
      // Every one is told how things stand; none is told that something has failed.
      #expect(answers.allSatisfy { $0.reason == nil })
      #expect(answers.count { $0["status"] as? String == "new" } == (round == 0 ? 1 : 0))
      for answer in answers where answer["status"] as? String != "new" {
        #expect(answer["status"] as? String == "in_progress")
        let rest = try #require(answer["retryAfterMs"] as? Int)
        #expect((1...60_000).contains(rest))
      }
    }
  }

  @Test("200 deliveries of one webhook over 4 sidecars: one `new`")
  func deliveries() throws {
    let stage = try GuardStage(.redis, sidecars: 4)
    let clients = try stage.clients(200)
    for round in 0..<5 {
      let key = "stripe:evt_\(round)"
      let call = (
        method: "idempotency.begin", params: #"{"key":"\#(key)","lockTtl":"10m","waitMs":0}"#
      )
      let answers = try ConcurrentCalls(clients).run(clients.map { _ in [call] }).joined()
        .compactMap(\.answer)
      #expect(answers.count { $0["status"] as? String == "new" } == 1)
      #expect(answers.count { $0["status"] as? String == "in_progress" } == 199)
      let receipt = try #require(answers.compactMap { $0["receipt"] as? String }.first)
      // They come again, and most while the run ends.
      var calls = clients.map { _ in [call] }
      calls[7] = [
        (
          "idempotency.complete",
          #"{"key":"\#(key)","receipt":"\#(receipt)","result":\#(round)}"#
        ), call,
      ]
      let more = try ConcurrentCalls(clients).run(calls).joined().compactMap(\.answer)
      #expect(more.count == 201)
      #expect(more.allSatisfy { $0.reason == nil && $0["status"] as? String != "new" })
      #expect(try clients[3].begin(key)["result"] as? Int == round)
    }
  }

  // MARK: Answers

  @Test(
    "is told with the result byte for byte, by any caller, and however often it was completed",
    arguments: Place.allCases)
  func result(place: Place) throws {
    let stage = try GuardStage(place)
    let clients = try stage.clients(2)
    let result = #"{"id":9007199254740993,"price":1.10,"none":[],"big":1e400,"a":"\u00e9"}"#
    let receipt = try clients[0].beginNew("a")
    let first = try clients[0].hand("complete", "a", receipt, #","result":\#(result)"#)
    #expect(first.text.contains(#""result":\#(result)"#))
    // Whatever the repetition brings.
    let again = try clients[1].hand("complete", "a", receipt, #","result":0"#)
    #expect(again.text == first.text)
    #expect(try clients[1].begin("a").text == first.text)
    #expect(try clients[1].hand("fail", "a", receipt).detail("state") as? String == "completed")
    #expect(try clients[1].hand("renew", "a", receipt).reason == "CONFLICT")
    #expect(try clients[1].hand("complete", "a", "other", #","result":0"#).reason == "LEASE_LOST")
    #expect(try clients[1].hand("complete", "b", receipt, #","result":0"#).reason == "NOT_FOUND")
  }

  @Test("fails for this time, or for good", arguments: Place.allCases)
  func failure(place: Place) throws {
    let stage = try GuardStage(place)
    let clients = try stage.clients(2)
    let first = try clients[0].beginNew("a")
    let opened = try clients[0].hand("fail", "a", first, #","error":{"code":1.0}"#)
    #expect(opened["status"] as? String == "open" && opened["attempt"] as? Int == 1)
    #expect(try clients[1].hand("fail", "a", first).text == opened.text)
    let second = try clients[1].begin("a")
    #expect(second["attempt"] as? Int == 2)
    #expect(second.text.contains(#""lastError":{"code":1.0}"#))
    let receipt = try #require(second["receipt"] as? String)
    #expect(try clients[0].hand("fail", "a", first).reason == "LEASE_LOST")
    let failed = try clients[1].hand("fail", "a", receipt, #","error":"gone","final":true"#)
    #expect(failed["status"] as? String == "failed" && failed["result"] as? String == "gone")
    for client in clients { #expect(try client.begin("a").text == failed.text) }
  }

  @Test("is refused with another fingerprint, as 422 of HTTP", arguments: Place.allCases)
  func mismatch(place: Place) throws {
    let stage = try GuardStage(place)
    let client = try stage.clients(1)[0]
    let receipt = try client.beginNew("a", #","fingerprint":"sha256:1""#)
    for fingerprint in ["sha256:2", "SHA256:1", "sha256:1 ", "sha256:1\u{301}"] {
      let answer = try client.begin("a", #","fingerprint":"\#(fingerprint)""#)
      #expect(answer.reason == "IDEMPOTENCY_MISMATCH" && answer.isRetryable == false)
    }
    // However it is written.
    #expect(
      try client.begin("a", #","fingerprint":"sha256\u003a1""#)["status"] as? String
        == "in_progress")
    try client.complete("a", receipt, "1")
    #expect(try client.begin("a", #","fingerprint":"x""#).reason == "IDEMPOTENCY_MISMATCH")
  }

  @Test("is answered alike to a begin that is repeated with its receipt", arguments: Place.allCases)
  func receipt(place: Place) throws {
    let stage = try GuardStage(place)
    let clients = try stage.clients(2)
    let own = #","receipt":"8f14e45fceea167a5a36dedd4bea2543""#
    let first = try clients[0].begin("a", own)
    #expect(first["status"] as? String == "new")
    #expect(try clients[1].begin("a", own).text == first.text)
    #expect(try clients[1].begin("a")["status"] as? String == "in_progress")
    try clients[1].complete("a", "8f14e45fceea167a5a36dedd4bea2543", "1")
    #expect(try clients[0].begin("a", own)["status"] as? String == "completed")
  }

  @Test(
    "is answered as the first time to a begin with an idempotencyKey", arguments: Place.allCases)
  func idempotencyKey(place: Place) throws {
    let stage = try GuardStage(place)
    let clients = try stage.clients(2)
    let first = try clients[0].begin("a", #","idempotencyKey":"k""#)
    #expect(first["status"] as? String == "new")
    #expect(try clients[1].begin("a", #","idempotencyKey":"k""#).text == first.text)
    // The key of a call and that of what is done once are not one.
    #expect(try clients[1].beginNew("k") != first["receipt"] as? String)
    // That it is in progress is no answer that is kept.
    #expect(try clients[1].begin("a", #","idempotencyKey":"l""#)["receipt"] == nil)
    try clients[0].complete("a", try #require(first["receipt"] as? String), "1")
    #expect(try clients[1].begin("a", #","idempotencyKey":"l""#)["result"] as? Int == 1)
    #expect(try clients[1].begin("a", #","idempotencyKey":"k""#).text == first.text)
  }

  @Test("is another thing in every scope, and for every service", arguments: Place.allCases)
  func scopes(place: Place) throws {
    let stage = try GuardStage(place)
    let clients = try stage.clients(2)
    _ = try clients[0].beginNew("a")
    for id in ["1", "2"] {
      _ = try clients[0].beginNew("a", #","scope":[{"key":"organization","id":"\#(id)"}]"#)
    }
    try clients[1].call("system.hello", #"{"service":"other"}"#)
    _ = try clients[1].beginNew("a")
  }

  @Test("can take longer than it seemed", arguments: Place.allCases)
  func renewed(place: Place) throws {
    let stage = try GuardStage(place)
    let clients = try stage.clients(2)
    let receipt = try clients[0].beginNew("a", #","lockTtl":"5m""#)
    #expect(try clients[0].hand("renew", "a", receipt, #","lockTtl":"1h""#)["lockExpiresAt"] != nil)
    let rest = try #require(try clients[1].begin("a")["retryAfterMs"] as? Int)
    #expect(rest > 300_000 && rest <= 3_600_000)
    // As long as it was given last.
    #expect(try clients[0].hand("renew", "a", receipt)["lockExpiresAt"] != nil)
    #expect(try #require(try clients[1].begin("a")["retryAfterMs"] as? Int) > 300_000)
    #expect(try clients[1].hand("renew", "a", "other").reason == "LEASE_LOST")
  }

  /// Parameters that are refused, and why.
  static let faults = [
    (#"{"key":""}"#, "INVALID_PARAMS"), (#"{"key":1}"#, "INVALID_PARAMS"),
    (#"{"key":"a","fingerprint":""}"#, "INVALID_PARAMS"),
    (#"{"key":"a","fingerprint":7}"#, "INVALID_PARAMS"),
    (#"{"key":"a","receipt":"123456789012345"}"#, "INVALID_PARAMS"),
    (#"{"key":"a","receipt":null}"#, "INVALID_PARAMS"),
    (#"{"key":"a","lockTtl":0}"#, "TTL_INVALID"), (#"{"key":"a","ttl":null}"#, "TTL_INVALID"),
    (#"{"key":"a","ttl":"keep"}"#, "TTL_INVALID"),
    (#"{"key":"a","waitMs":-1}"#, "INVALID_PARAMS"),
    (#"{"key":"a","waitMs":3600001}"#, "INVALID_PARAMS"),
  ]

  @Test("is refused where a parameter is none")
  func refused() throws {
    let stage = try GuardStage(.memory)
    let client = try stage.clients(1)[0]
    for (params, reason) in Self.faults {
      #expect(try client.call("idempotency.begin", params).reason == reason, "\(params)")
    }
    let long = String(repeating: "k", count: 1025)
    #expect(try client.begin(long).reason == "TOO_LARGE")
    #expect(try client.begin(String(repeating: "k", count: 1024)).reason == nil)
    #expect(try client.hand("complete", "a", "r").reason == "INVALID_PARAMS")
  }

  @Test("is counted by what has happened")
  func counted() throws {
    let stage = try GuardStage(.memory)
    let client = try stage.clients(1)[0]
    let first = try client.beginNew("a")
    _ = try client.begin("a")
    _ = try client.hand("renew", "a", first)
    for _ in 0..<2 { _ = try client.hand("fail", "a", first) }
    let second = try client.beginNew("a", attempt: 2)
    for _ in 0..<2 { try client.complete("a", second, "1") }
    for _ in 0..<3 { _ = try client.begin("a") }
    let third = try client.beginNew("b", #","idempotencyKey":"k""#)
    _ = try client.begin("b", #","idempotencyKey":"k""#)
    _ = try client.hand("fail", "b", third, #","final":true"#)
    let metrics = try client.metrics()
    for (event, count) in [
      ("began", 2.0), ("retried", 1), ("in_progress", 1), ("duplicate", 3), ("completed", 1),
      ("failed", 1), ("opened", 1), ("renewed", 1),
    ] {
      #expect(metrics.sum("idempotency_total", ["event": event]) == count, "\(event)")
    }
  }
}
