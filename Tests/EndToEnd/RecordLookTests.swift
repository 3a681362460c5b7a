import Support
import Testing

/// A reading call without a deadline mostly is a look; with one it is a procedure.
@Suite("A look at a record", .timeLimit(.minutes(2)))
struct RecordLookTests {
  /// How a record stands.
  enum State: String, CaseIterable, CustomTestStringConvertible {
    case live, expired, lapsed, consumed, deleted, leased, released, dead, committed, foreign
    case list, missing, earlier, gone
    var testDescription: String { rawValue }
  }

  private static func target(_ token: String, _ more: String = "", type: String = "form") -> String
  {
    #"{"token":"\#(token)","operationType":"\#(type)"\#(more)}"#
  }

  /// The answers to one call, with a deadline and without one, whichever is first.
  private static func expectAlike(
    _ client: LineClient, _ method: String, _ token: String, type: String = "form",
    isLookFirst: Bool, _ place: String
  ) throws -> Answer {
    let deadlines = isLookFirst ? ["", #","deadlineMs":60000"#] : [#","deadlineMs":60000"#, ""]
    let answers = try deadlines.map {
      try client.call(method, target(token, $0, type: type))
    }
    #expect(answers[0].text == answers[1].text, "\(method) \(place)")
    return answers[0]
  }

  @Test(
    "at an operation is answered as the call with a deadline is", arguments: State.allCases,
    [true, false])
  func operations(_ state: State, isLookFirst: Bool) throws {
    let stage = try UpgradeStage()
    let client = stage.client
    let token = try Self.make(state, stage)
    var reasons: [String?] = []
    for method in ["pending.verify", "pending.exists"] {
      for type in ["form", "other"] {
        let answer = try Self.expectAlike(
          client, method, token, type: type, isLookFirst: isLookFirst, "\(state) as \(type)")
        reasons.append(
          answer.reason ?? answer["reason"] as? String ?? answer["state"] as? String)
      }
    }
    let (own, other): (String?, String?) =
      switch state {
      case .live, .released, .earlier: ("open", "WRONG_TYPE")
      case .leased: ("checked_out", "WRONG_TYPE")
      case .dead: ("dead", "WRONG_TYPE")
      case .expired, .lapsed: ("EXPIRED", "WRONG_TYPE")
      case .consumed, .committed: ("CONSUMED", "WRONG_TYPE")
      case .deleted: ("DELETED", "WRONG_TYPE")
      case .missing: ("NOT_FOUND", "NOT_FOUND")
      case .foreign, .list: ("STORE_REFUSED", "STORE_REFUSED")
      case .gone: ("UNAVAILABLE", "UNAVAILABLE")
      }
    // `pending.exists` says nothing more of one that is there.
    let isThere = [.live, .released, .earlier, .leased, .dead].contains(state)
    #expect(reasons == [own, other, isThere ? nil : own, other])
  }

  /// A token whose operation stands so.
  private static func make(_ state: State, _ stage: UpgradeStage) throws -> String {
    let (client, redis) = (stage.client, stage.redis)
    if state == .earlier { return try stage.made().token }
    let life = state == .expired || state == .lapsed ? "1ms" : "1h"
    let made = try client.call(
      "pending.create",
      #"{"operationType":"form","data":{"n":[1.10,"ä"]},"backend":"store","expiresIn":"\#(life)","maxAttempts":1}"#
    )
    let token = try #require(made["token"] as? String, "\(made)")
    let name = "cloakroom:default:pending:\(try #require(made["id"] as? String))"
    func receipt() throws -> String {
      let lease = try client.call("pending.checkout", target(token))
      return try #require(lease["receipt"] as? String, "\(lease)")
    }
    switch state {
    case .live, .expired, .earlier: break
    case .lapsed: try client.call("pending.verify", target(token))
    case .consumed: try client.call("pending.consume", target(token))
    case .deleted: try client.call("pending.delete", target(token))
    case .leased: _ = try receipt()
    case .released:
      let other = try client.call(
        "pending.create", #"{"operationType":"form","data":7,"backend":"store"}"#)
      let token = try #require(other["token"] as? String, "\(other)")
      let lease = try client.call("pending.checkout", target(token))
      let receipt = try #require(lease["receipt"] as? String, "\(lease)")
      try client.call("pending.release", target(token, #","receipt":"\#(receipt)""#))
      return token
    case .dead:
      try client.call("pending.release", target(token, #","receipt":"\#(try receipt())""#))
    case .committed:
      try client.call("pending.commit", target(token, #","receipt":"\#(try receipt())""#))
    case .foreign: _ = try redis.command(["SET", name, "hello"])
    case .list:
      _ = try redis.command(["DEL", name])
      _ = try redis.command(["LPUSH", name, "hello"])
    case .missing: _ = try redis.command(["DEL", name])
    case .gone:
      redis.kill()
      // What is told changes once more, when the sidecar has tried to connect again.
      _ = try eventually("the loss") {
        try client.call("kv.exists", #"{"key":"-"}"#).text.contains("can't connect")
      }
    }
    return token
  }

  @Test(
    "at a session is answered as the call with a deadline is",
    arguments: SessionStage.Store.allCases)
  func sessions(_ store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    let client = stage.client
    try stage.define()
    let drafts = [
      #"{"data":{"a":1.10}}"#, #"{"data":{},"principal":"p","metadata":{"userAgent":"x"}}"#,
      #"{"flow":"project","data":{"projectName":"Harbour"}}"#, #"{"data":1,"ttl":"1ms"}"#,
    ]
    var ids = try drafts.map { draft in
      let made = try client.call("session.create", draft)
      return try #require(made["sessionId"] as? String, "\(made)")
    }
    let deleted = try client.call("session.create", drafts[0])
    ids.append(try #require(deleted["sessionId"] as? String))
    try client.call("session.delete", #"{"sessionId":"\#(ids[4])"}"#)
    ids.append("7b2f5a0e-9d3c-4e51-8a64-0f1c2d3e4f50")
    ids.append("none")
    let reasons = try ids.map { id in
      let answers = try ["", #","deadlineMs":60000"#, #","withMetadata":false"#].map {
        try client.call("session.get", #"{"sessionId":"\#(id)"\#($0)}"#)
      }
      #expect(answers[0].text == answers[1].text)
      #expect(answers[0].text == answers[2].text)
      return answers[0].reason
    }
    #expect(reasons == [nil, nil, nil, "EXPIRED", "DELETED", "NOT_FOUND", "NOT_FOUND"])
  }

  @Test("is taken in the order of the calls on the record")
  func order() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    for _ in 0..<20 {
      let made = try client.call(
        "pending.create", #"{"operationType":"form","data":1,"backend":"store"}"#)
      let target = Self.target(try #require(made["token"] as? String, "\(made)"))
      let answers = try client.pipeline([
        ("pending.verify", target), ("pending.update", target.replacing("}", with: #","data":2}"#)),
        ("pending.verify", target), ("pending.consume", target), ("pending.verify", target),
      ])
      #expect(answers[0]?["data"] as? Int == 1)
      #expect(answers[2]?["data"] as? Int == 2)
      #expect(answers[4]?.reason == "CONSUMED")
    }
  }

  @Test("costs one GET")
  func cost() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    let made = try client.call(
      "pending.create", #"{"operationType":"form","data":1,"backend":"store"}"#)
    let target = Self.target(try #require(made["token"] as? String, "\(made)"))
    _ = try redis.command(["CONFIG", "RESETSTAT"])
    for _ in 0..<50 { try client.call("pending.verify", target) }
    let gets = try redis.command(["INFO", "commandstats"])
      .firstMatch(of: /cmdstat_get:calls=(\d+)/)?.1
    #expect(gets == "50")
  }
}
