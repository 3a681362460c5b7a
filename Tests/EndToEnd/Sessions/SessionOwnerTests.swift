import Foundation
import Support
import Testing

@Suite("Whose a session is", .timeLimit(.minutes(3)))
struct SessionOwnerTests {
  private static func refs(_ answer: Answer) -> [String] {
    (answer["sessions"] as? [[String: Any]] ?? []).compactMap { $0["ref"] as? String }
  }

  @Test(
    "lists a principal's sessions newest first, by pages, and none that is over",
    arguments: SessionStage.Store.allCases)
  func list(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    var made: [SessionVisitor] = []
    for number in 0..<7 {
      made.append(try stage.begin(#""principal":"ann","data":{"n":\#(number)}"#))
      // The next one is newer: a list is in the order of milliseconds.
      let next = ContinuousClock.now + .milliseconds(3)
      eventually { ContinuousClock.now > next }
    }
    _ = try stage.begin(#""principal":"bob""#)
    _ = try stage.begin("")
    #expect(
      try Self.refs(stage.client.call("session.list", #"{"principal":"ann"}"#))
        == made.reversed().map(\.ref))
    try made[3].call("delete")
    made.remove(at: 3)
    var listed: [String] = []
    var cursor = "null"
    repeat {
      let page = try stage.client.call(
        "session.list", #"{"principal":"ann","count":4,"cursor":\#(cursor)}"#)
      listed += Self.refs(page)
      cursor = (page["cursor"] as? String).map { "\"\($0)\"" } ?? "null"
    } while cursor != "null"
    #expect(listed == made.reversed().map(\.ref))
    #expect(
      try stage.client.call("session.list", #"{"principal":"ann","cursor":"x"}"#).reason
        == "INVALID_PARAMS")
    // The ref opens nothing, but names one to be ended.
    let ref = made[0].ref
    #expect(try stage.client.call("session.get", #"{"sessionId":"\#(ref)"}"#).reason == "NOT_FOUND")
    #expect(
      try stage.client.call("session.delete", #"{"ref":"\#(ref)"}"#)["deleted"] as? Bool == true)
    #expect(try made[0].get().reason == "DELETED")
    guard let redis = stage.redis else { return }
    // What is over has left the index.
    _ = try stage.client.call("session.list", #"{"principal":"ann"}"#)
    let index = try redis.command(["KEYS", "cloakroom:default:session:of:*"])
    let sizes = try index.split(whereSeparator: \.isWhitespace).map {
      try redis.command(["ZCARD", String($0)])
    }
    #expect(Set(sizes) == ["5", "1"])
    #expect(!index.contains("ann"))
  }

  @Test("logs out everywhere but here", arguments: SessionStage.Store.allCases)
  func deleteAll(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    let visitors = try (0..<5).map { _ in try stage.begin(#""principal":"ann""#) }
    let other = try stage.begin(#""principal":"bob""#)
    let held = visitors[4]
    #expect(try held.call("checkout").result != nil)
    let call = #"{"principal":"ann","except":"\#(visitors[0].id)","idempotencyKey":"once"}"#
    for _ in 0..<2 {
      let answer = try stage.client.call("session.deleteAll", call)
      #expect(answer["deleted"] as? Int == 3 && answer["checkedOut"] as? Int == 1, "\(answer)")
    }
    #expect(try visitors[0].get().result != nil && other.get().result != nil)
    for visitor in visitors[1..<4] { #expect(try visitor.get().reason == "DELETED") }
    #expect(try Self.refs(stage.client.call("session.list", #"{"principal":"ann"}"#)).count == 2)
  }

  @Test(
    "gives a session another id after a login, and ends the old one",
    arguments: SessionStage.Store.allCases)
  func rotate(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    try stage.define()
    let old = try stage.begin()
    try old.complete("details", SessionStage.steps[0].patch)
    let before = try old.get()
    let call = #""principal":"ann","idempotencyKey":"login-1""#
    let rotated = try old.call("rotate", call)
    let id = try #require(rotated["sessionId"] as? String, "\(rotated)")
    // Repeated, by way of another sidecar where there is one, it is the same id.
    let tab = try old.tab(stage.daemons[stage.daemons.count - 1])
    #expect(try tab.call("rotate", call)["sessionId"] as? String == id)
    #expect(try old.get().reason == "DELETED" && old.get().recovery == "restart")
    #expect(try old.update("{}").reason == "DELETED")
    let new = SessionVisitor(id: id, ref: rotated["ref"] as? String ?? "", client: stage.client)
    let after = try new.get()
    for name in ["etag", "expiresAt", "createdAt", "currentStep"] {
      #expect(after[name] as? String == before[name] as? String, "\(name)")
    }
    #expect(after.letters == before.letters && after["principal"] as? String == "ann")
    #expect(try Self.refs(stage.client.call("session.list", #"{"principal":"ann"}"#)) == [new.ref])
    for step in SessionStage.steps.dropFirst() { try new.complete(step.id, step.patch) }
    #expect(try new.get()["canSubmit"] as? Bool == true)
  }

  @Test("loses no change that comes while the id changes", arguments: SessionStage.Store.allCases)
  func rotateAmongUpdates(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    let visitor = try stage.begin("")
    let client = try stage.daemons[stage.daemons.count - 1].client()
    try client.sendAll(
      (0..<50).map { ("session.update", #"{"sessionId":"\#(visitor.id)","patch":{"k\#($0)":1}}"#) })
    let rotated = try visitor.call("rotate")
    let id = try #require(rotated["sessionId"] as? String, "\(rotated)")
    let answers = try client.readAll(50)
    let done = answers.filter { $0.value.result != nil }.map(\.key)
    #expect(answers.values.allSatisfy { $0.result != nil || $0.reason == "DELETED" })
    let data =
      try SessionVisitor(id: id, ref: "", client: stage.client).get()["data"] as? [String: Any]
    #expect(Set(data?.keys.map { $0 } ?? []) == Set(done.map { "k\($0)" }))
  }

  @Test(
    "is bound to a browser and an address as its flow says", arguments: SessionStage.Store.allCases)
  func binding(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define(
      #"{"name":"bound","bind":{"userAgent":"warn","ipAddress":"require"},"steps":[{"id":"a"}]}"#)
    let here = #""metadata":{"userAgent":"A","ipAddress":"203.0.113.7"}"#
    let elsewhere = #""metadata":{"userAgent":"A","ipAddress":"203.0.113.8"}"#
    let changed = #""metadata":{"userAgent":"B","ipAddress":"203.0.113.7"}"#
    #expect(
      try stage.client.call("session.create", #"{"flow":"bound"}"#).reason == "INVALID_PARAMS")
    let visitor = try stage.begin(#""flow":"bound","# + here)
    for (method, members) in [
      ("get", ""), ("touch", ""), ("update", #""patch":{},"#), ("completeStep", #""step":"a","#),
      ("goTo", #""step":"a","#), ("checkout", ""), ("rotate", ""),
    ] {
      for metadata in [elsewhere, #""metadata":{}"#] {
        let answer = try visitor.call(method, members + metadata)
        #expect(
          answer.reason == "FORBIDDEN" && answer.detail("bind") as? String == "ipAddress",
          "\(method): \(answer)")
      }
    }
    #expect(try visitor.get().reason == "FORBIDDEN")
    #expect(try visitor.call("get", here)["warnings"] == nil)
    let warned = try visitor.call("get", changed)
    #expect(
      (warned["warnings"] as? [[String: Any]])?.first?["bind"] as? String == "userAgent",
      "\(warned)")
    eventually("the log") {
      stage.logs[0].entries.contains { ($0["warnings"] as? [String]) == ["userAgent"] }
    }
    #expect(try visitor.call("delete", elsewhere).reason == "FORBIDDEN")
    #expect(
      try stage.client.call("session.delete", #"{"ref":"\#(visitor.ref)"}"#)["deleted"] as? Bool
        == true)
  }

  @Test(
    "is made so often a minute for each service, and for each address, over all sidecars",
    arguments: SessionStage.Store.allCases)
  func creationLimits(store: SessionStage.Store) throws {
    let stage = try SessionStage(
      store, sidecars: 2, ["--set", "session.rateLimit=12", "--set", "session.maxAttempts=3"])
    func create(_ address: String, _ more: String = "") throws -> Answer {
      let daemon = stage.daemons[Int.random(in: 0..<stage.daemons.count)]
      return try daemon.client().call(
        "session.create", #"{"metadata":{"ipAddress":"\#(address)"}\#(more)}"#)
    }
    for host in 1...3 {
      #expect(try create("2001:db8:1:2::\(host)")["sessionId"] is String)
    }
    // One who has one address of IPv6 has all of its network.
    let refused = try create("2001:db8:1:2::77")
    #expect(refused.reason == "RATE_LIMITED" && refused.isRetryable == true, "\(refused)")
    #expect((1...20_000).contains(refused.retryAfterMs ?? 0), "\(refused)")
    #expect(try create("2001:db8:1:3::1")["sessionId"] is String)
    // What was refused has cost the service nothing; what is repeated is no other one.
    let call = #","idempotencyKey":"again""#
    let first = try create("203.0.113.1", call)
    #expect(first["sessionId"] is String)
    for _ in 0..<5 { #expect(try create("203.0.113.1", call).text == first.text) }
    let begin = ContinuousClock.now
    let answers = try (0..<30).map { try create("198.51.100.\($0)") }
    // Seven are left of the service's twelve, and another one every five seconds.
    let made = answers.count { $0["sessionId"] is String }
    #expect((7...8 + Int(begin.duration(to: .now) / .seconds(5))).contains(made))
    #expect(answers.allSatisfy { $0["sessionId"] is String || $0.reason == "RATE_LIMITED" })
  }

  @Test("is one, though its making is asked for again", arguments: SessionStage.Store.allCases)
  func idempotency(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    let call = #"{"data":{"a":1},"idempotencyKey":"begin-1"}"#
    let first = try stage.client.call("session.create", call)
    let other = try stage.daemons[stage.daemons.count - 1].client()
    for client in [stage.client, other] {
      #expect(try client.call("session.create", call).text == first.text)
    }
    #expect(
      try other.call("session.create", #"{"data":{"a":2},"idempotencyKey":"begin-1"}"#).reason
        == "IDEMPOTENCY_MISMATCH")
    guard let redis = stage.redis else { return }
    // Nobody reads the id in what is kept of the answer.
    let id = try #require(first["sessionId"] as? String)
    let kept = try redis.command(["KEYS", "*idempotency*"]).split(whereSeparator: \.isWhitespace)
    #expect(!kept.isEmpty)
    for name in kept { #expect(try !redis.command(["HGETALL", String(name)]).contains(id)) }
  }

  @Test(
    "gets one new id of many that ask at once, and nothing is left of the others",
    arguments: SessionStage.Store.allCases)
  func rotateAtOnce(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    let clients = try (0..<20).map { try stage.daemons[$0 % stage.daemons.count].client() }
    for key in ["", #","idempotencyKey":"login""#] {
      let owner = key.isEmpty ? "ann" : "bob"
      let visitor = try stage.begin(#""principal":"\#(owner)""#)
      for client in clients {
        try client.send(
          LineClient.request("session.rotate", #"{"sessionId":"\#(visitor.id)"\#(key)}"#))
      }
      let answers = try clients.map { Answer(try $0.readLine()) }
      let refs = Set(answers.compactMap { $0["ref"] as? String })
      #expect(refs.count == 1, "\(answers)")
      #expect(answers.allSatisfy { $0.result != nil || $0.reason == "DELETED" }, "\(answers)")
      try eventually("one session") {
        try Self.refs(stage.client.call("session.list", #"{"principal":"\#(owner)"}"#))
          == Array(refs)
      }
    }
    let counted = try stage.daemons.reduce(0) {
      $0 + Int(try $1.client().metrics().sum("session_events_total", ["event": "deleted"]))
    }
    #expect(counted == 0)
  }
}
