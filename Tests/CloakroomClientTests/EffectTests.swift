import CloakroomMethods
import CloakroomWire
import Testing

@testable import CloakroomCommand

/// What a client relies on that makes a call again whose answer was lost: each example is called, and called
/// again as its method's effect has it.
@Suite("A call that is made again", .timeLimit(.minutes(2)))
struct EffectTests {
  /// What shows what a method with the effect `set` has left.
  private static let looks: [String: (method: String, params: String)] = [
    "batch.set": ("batch.get", #"{"keys":["user:1"]}"#),
    "cache.invalidate": ("cache.get", #"{"key":"order:123","lease":false}"#),
    "cache.set": ("cache.get", #"{"key":"order:123","tags":["orders"],"lease":false}"#),
    "claim.renew": ("claim.inspect", #"{"key":"nightly-report"}"#),
    "counter.expire": ("counter.get", #"{"key":"daily-limit"}"#),
    "counter.reset": ("counter.get", #"{"key":"page-views"}"#),
    "events.define": ("events.publish", #"{"channel":"order.paid","data":{"order":7}}"#),
    "flow.define": ("flow.get", #"{"name":"signup"}"#),
    "idempotency.renew": (
      "idempotency.begin",
      #"{"key":"stripe:evt_1NG8Du2eZvKYlo2CUI79vXWy","receipt":"ckr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#
    ),
    "jwt.revoke": (
      "jwt.revoke", #"{"jti":"X0fAbAu1Mb8bUWtVNbVdGw","expiresAt":"2030-01-01T00:00:00.000Z"}"#
    ),
    "kv.expire": ("kv.get", #"{"key":"user:123"}"#), "kv.set": ("kv.get", #"{"key":"user:123"}"#),
    "kv.touch": ("kv.get", #"{"key":"user:123"}"#),
    "ratelimit.reset": ("ratelimit.peek", #"{"key":"user:17","limit":100,"window":"1m"}"#),
    "session.touch": ("session.list", #"{"principal":"user_123"}"#),
    "streams.ack": ("streams.pending", #"{"stream":"orders","group":"billing"}"#),
    "streams.ensure": ("streams.pending", #"{"stream":"orders","group":"billing"}"#),
  ]

  @Test("does what its effect promises", arguments: MethodTable.standard.names)
  func promise(name: String) throws {
    let method = try #require(MethodTable.standard.methods.first { $0.name == name })
    let stage = try ExampleStage(method)
    switch method.effect {
    case .read:
      let answers = try Self.answers(stage)
      if case .system = method.work { return }
      #expect(answers[0].withoutTimes == answers[1].withoutTimes)
    case .set:
      let look = try #require(Self.looks[name], "nothing shows what \(name) leaves")
      let left = try (0..<2).map { _ in
        _ = try Self.answer(stage.call())
        return try Self.answer(stage.call(look.method, look.params)).withoutTimes
      }
      #expect(left[0] == left[1])
    case .receipt:
      let names = method.parameters.map { "\($0.name)" }
      let parameter = try #require(names.first { $0 == "receipt" || $0 == "lease" })
      let isGiven = try JSONNode(Array(stage.params.utf8))[parameter] != nil
      let own = "\"\(parameter)\":\"ckr_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8\""
      let answers = try Self.answers(stage, with: isGiven ? "" : own)
      #expect(answers[0].withoutTimes == answers[1].withoutTimes)
    case .token:
      let tokens = try Self.answers(stage).map { try #require($0["token"]?.string) }
      #expect(tokens[0] != tokens[1])
    case .step:
      let answers = try Self.answers(stage, with: #""idempotencyKey":"k""#)
      #expect(answers[0].written == answers[1].written)
    case .connection:
      #expect(try stage.call(with: #""idempotencyKey":"k""#).complaint.contains("INVALID_PARAMS"))
    }
  }

  @Test("is of another effect with a condition, and done once with an idempotencyKey")
  func conditions() throws {
    func stage(_ name: String) throws -> ExampleStage {
      try ExampleStage(#require(MethodTable.standard.methods.first { $0.name == name }))
    }
    let written = try stage("kv.set")
    let etag = try Self.answer(
      written.call("kv.set", #"{"key":"user:123","value":1,"withMeta":true}"#))["etag"]
    let filled = try stage("cache.set")
    let lease = try Self.answer(filled.call("cache.get", #"{"key":"order:123"}"#))["lease"]
    let cases: [(name: String, parameter: String, stage: ExampleStage, value: String?)] = [
      ("kv.set", "onlyIf", try stage("kv.set"), #""absent""#),
      ("kv.set", "ifMatch", written, etag?.written), ("cache.set", "lease", filled, lease?.written),
    ]
    for (name, parameter, stage, value) in cases {
      let condition = "\"\(parameter)\":\(try #require(value))"
      let answers = try Self.answers(stage, with: condition + #","idempotencyKey":"k""#)
      #expect(answers[0].written == answers[1].written, "\(name) \(parameter)")
      #expect(try stage.call(with: condition).status == .failure, "\(name) \(parameter)")
    }
    let steps = MethodTable.standard.methods.flatMap { method in
      method.effectWith.filter { $0.value == .step }.map { "\(method.name) \($0.key)" }
    }
    #expect(steps.sorted() == cases.map { "\($0.name) \($0.parameter)" }.sorted())
  }

  /// What two calls of an example are answered, one after the other.
  private static func answers(_ stage: ExampleStage, with others: String = "") throws -> [JSONNode]
  {
    try (0..<2).map { _ in try answer(stage.call(with: others)) }
  }

  private static func answer(_ outcome: Outcome) throws -> JSONNode {
    try #require(outcome.status == .success, "\(outcome.complaint)")
    return try JSONNode(outcome.output)
  }
}

extension JSONNode {
  /// The value without what tells of a time, which goes on between two calls.
  fileprivate var withoutTimes: String {
    switch kind {
    case .object:
      let kept = members.filter { name, _ in
        !name.hasSuffix("At") && !name.hasSuffix("Ms") && name != "lastActivity"
      }
      return "{\(kept.map { "\"\($0.name)\":\($0.value.withoutTimes)" }.joined(separator: ","))}"
    case .array: return "[\(elements.map(\.withoutTimes).joined(separator: ","))]"
    default: return written
    }
  }
}
