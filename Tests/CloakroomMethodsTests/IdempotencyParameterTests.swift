import CloakroomCore
import CloakroomStore
import Testing

@testable import CloakroomMethods

@Suite("An idempotency key", .timeLimit(.minutes(1)))
struct IdempotencyParameterTests {
  static func idempotency(_ method: String, _ params: String) throws -> IdempotencyRecord {
    try #require(try Caller().begin(method, params).idempotency)
  }

  @Test(
    "names the idempotency record of each mutation, in the caller's own service and scope",
    arguments: [
      (
        "kv.set", #"{"key":"a","value":1,"idempotencyKey":"k"}"#,
        [
          "idempotent igniter:store:api:idempotency:call:k#0 set igniter:store:api:kv:a 1 86400000ms always"
        ]
      ),
      (
        "kv.take", #"{"key":"a","idempotencyKey":"\u00e4:{b}"}"#,
        ["idempotent igniter:store:api:idempotency:call:ä:{b}#0 take igniter:store:api:kv:a"]
      ),
      (
        "kv.remove", #"{"key":"a","idempotencyKey":"k","scope":[{"key":"o","id":"1:2"}]}"#,
        [
          "idempotent igniter:store:api:o:1%3A2:idempotency:call:k#0 remove igniter:store:api:o:1%3A2:kv:a"
        ]
      ),
      (
        "counter.expire", #"{"key":"a","ttl":1,"idempotencyKey":"k"}"#,
        [
          "idempotent igniter:store:api:idempotency:call:k#0 expire igniter:store:api:counter:a 1000ms"
        ]
      ),
      (
        "batch.remove", #"{"keys":["a","b"],"idempotencyKey":"k"}"#,
        [
          "idempotent igniter:store:api:idempotency:call:k#0 remove igniter:store:api:kv:a",
          "idempotent igniter:store:api:idempotency:call:k#1 remove igniter:store:api:kv:b",
        ]
      ),
    ] as [(String, String, [String])])
  func mutations(method: String, params: String, steps: [String]) throws {
    #expect(try Caller().begin(method, params).steps == steps)
  }

  @Test(
    "changes nothing about what changes nothing",
    arguments: [
      ("kv.get", #""key":"a""#), ("kv.get", #""key":"a","withMeta":true"#),
      ("kv.exists", #""key":"a""#), ("counter.get", #""key":"a""#), ("batch.get", #""keys":["a"]"#),
      ("system.ping", nil), ("system.health", nil), ("rpc.discover", nil),
    ])
  func reads(method: String, params: String?) throws {
    let with = ([#""idempotencyKey":"k""#] + (params.map { [$0] } ?? [])).joined(separator: ",")
    let begun = try Caller().begin(method, "{\(with)}")
    #expect(try begun.steps == Caller().begin(method, "{\(params ?? "")}").steps)
  }

  @Test(
    "has its answer kept as long as the caller says, within the bounds of any life",
    arguments: [
      (#""30s""#, 30_000), ("20", 20_000), (#""500ms""#, 500), (#""7d""#, 604_800_000),
      (nil, 86_400_000),
    ] as [(String?, Int64)])
  func lives(life: String?, milliseconds: Int64) throws {
    let more = life.map { #","idempotencyTtl":\#($0)"# } ?? ""
    let record = try Self.idempotency(
      "counter.increment", #"{"key":"a","idempotencyKey":"k"\#(more)}"#)
    #expect(record.life.milliseconds == milliseconds)
  }

  @Test(
    "is what its life goes with, and no other life than a value's may be given",
    arguments: [
      (#""idempotencyTtl":"30s""#, Reason.invalidParams),
      (#""idempotencyKey":"k","idempotencyTtl":0"#, .ttlInvalid),
      (#""idempotencyKey":"k","idempotencyTtl":-1"#, .ttlInvalid),
      (#""idempotencyKey":"k","idempotencyTtl":1.5"#, .ttlInvalid),
      (#""idempotencyKey":"k","idempotencyTtl":"30""#, .ttlInvalid),
      (#""idempotencyKey":"k","idempotencyTtl":"11y""#, .ttlInvalid),
      (#""idempotencyKey":"k","idempotencyTtl":null"#, .ttlInvalid),
      (#""idempotencyKey":"k","idempotencyTtl":"4000d""#, .ttlInvalid),
    ])
  func wrongLives(members: String, reason: Reason) {
    #expect(Caller().refusal("kv.remove", "{\"key\":\"a\",\(members)}")?.reason == reason)
  }

  @Test("is refused by every call whose effect ends with its connection, and by no other")
  func connection() {
    let refused = MethodTable.standard.methods.filter { method in
      let isSubscription = if case .subscription = method.work { true } else { false }
      #expect(!isSubscription || method.endsWithConnection, "\(method.name)")
      let own = String("\(method.example.params)".dropFirst().dropLast())
      for parameter in method.parameters where parameter.endsWithConnection {
        for (value, reason) in [("true", Reason.invalidParams), ("false", nil)] {
          let params = "{\(own),\"\(parameter.name)\":\(value),\"idempotencyKey\":\"k\"}"
          #expect(Caller().refusal(method.name, params)?.reason == reason, "\(method.name)")
        }
      }
      let others = own.isEmpty ? "" : "," + own
      let refusal = Caller().refusal(method.name, "{\"idempotencyKey\":\"k\"\(others)}")
      return refusal?.reason == .invalidParams
    }
    #expect(
      refused.map(\.name) == [
        "events.subscribe", "events.unsubscribe", "system.cancel", "system.hello",
      ])
    let parameters = MethodTable.standard.methods.flatMap(\.parameters)
    #expect(parameters.filter(\.endsWithConnection).map { "\($0.name)" } == ["bindToConnection"])
  }

  @Test("is accepted by every other method, and its length is that of what it stands for")
  func everywhere() {
    for method in MethodTable.standard.methods where !method.endsWithConnection {
      let own = String("\(method.example.params)".dropFirst().dropLast())
      let others = own.isEmpty ? "" : "," + own
      for key in [String(repeating: "a", count: 256), String(repeating: "\\u0061", count: 256)] {
        #expect(
          Caller().refusal(method.name, "{\"idempotencyKey\":\"\(key)\"\(others)}") == nil,
          "\(method.name)")
      }
    }
  }

  @Test(
    "finds the same call in whatever does not make it another",
    arguments: [
      #"{"value":[1, 2],"idempotencyKey":"k","key":"a"}"#,
      #"{"key":"a","value":[1, 2],"idempotencyKey":"k","actor":"me"}"#,
      #"{"key":"a","value":[1, 2],"idempotencyKey":"k","deadlineMs":7,"traceparent":"t"}"#,
      #"{"key":"a","\u0076alue":[1, 2],"idempotencyKey":"\u006b"}"#,
    ])
  func same(params: String) throws {
    let first = try Self.idempotency("kv.set", #"{"key":"a","value":[1, 2],"idempotencyKey":"k"}"#)
    #expect(try Self.idempotency("kv.set", params) == first)
  }

  @Test(
    "finds another call in another method or parameter",
    arguments: [
      ("kv.set", #"{"key":"b","value":[1, 2],"idempotencyKey":"k"}"#),
      ("kv.set", #"{"key":"a","value":[1, 3],"idempotencyKey":"k"}"#),
      ("kv.set", #"{"key":"a","value":[1, 2],"ttl":86400,"idempotencyKey":"k"}"#),
      ("kv.set", #"{"key":"a","value":[1, 2],"onlyIf":"absent","idempotencyKey":"k"}"#),
      ("kv.set", #"{"key":"a","value":[1, 2],"withMeta":false,"idempotencyKey":"k"}"#),
      ("kv.remove", #"{"key":"a","idempotencyKey":"k"}"#),
      ("kv.take", #"{"key":"a","idempotencyKey":"k"}"#),
    ])
  func other(method: String, params: String) throws {
    let first = try Self.idempotency("kv.set", #"{"key":"a","value":[1, 2],"idempotencyKey":"k"}"#)
    let second = try Self.idempotency(method, params)
    #expect(second.name == first.name)
    #expect(second.fingerprint != first.fingerprint)
  }

  @Test("tells parameters apart that run into each other")
  func boundaries() throws {
    let lower = try Self.idempotency(
      "counter.increment", #"{"key":"a","by":1,"idempotencyKey":"k"}"#)
    let upper = try Self.idempotency(
      "counter.increment", #"{"key":"a","max":1,"idempotencyKey":"k"}"#)
    #expect(lower.fingerprint != upper.fingerprint)
    let short = try Self.idempotency("kv.remove", #"{"key":"a","idempotencyKey":"k"}"#)
    let shorter = try Self.idempotency("kv.exists", #"{"key":"a","idempotencyKey":"k"}"#)
    #expect(short.fingerprint != shorter.fingerprint)
  }

  @Test("has its idempotency record live as long as the configuration says, and is no other call's")
  func life() throws {
    var caller = Caller()
    caller.configuration.idempotency.ttl = try TimeToLive(text: "90s".utf8)
    let begun = try caller.begin("kv.remove", #"{"key":"a","idempotencyKey":"k"}"#)
    #expect(begun.idempotency?.life.milliseconds == 90_000)
    #expect(try caller.begin("kv.remove", #"{"key":"a"}"#).idempotency == nil)
  }
}
