import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("A key", .timeLimit(.minutes(1)))
struct KeyTests {
  static func name(_ key: String, _ caller: Caller = Caller()) throws(RPCError) -> String {
    String(try caller.begin("kv.get", "{\"key\":\(key)}").steps[0].dropFirst(4))
  }

  @Test(
    "stands in the store as it is, behind prefix, service and namespace",
    arguments: [
      ("\"user:123\"", "user:123"), ("\"a b\"", "a b"), ("\"{tag}x\"", "{tag}x"),
      ("\"%3A\"", "%3A"),
      ("\"ä€😀\"", "ä€😀"), ("\"\\u00e4\\u20ac\\ud83d\\ude00\"", "ä€😀"), ("\"\\u0061\"", "a"),
      ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{c}\n\r\t"), ("\"\\u0000\"", "\0"),
      ("\":\"", ":"), ("\"\u{7f}\"", "\u{7f}"),
    ])
  func written(key: String, expected: String) throws {
    #expect(try Self.name(key) == "igniter:store:api:kv:\(expected)")
  }

  @Test("is refused when it holds half of a surrogate pair")
  func surrogates() {
    for key in ["\\ud800", "a\\udc00", "\\ud83da", "\\ude00\\ud83d"] {
      let error = Caller().refusal("kv.get", "{\"key\":\"\(key)\"}")
      #expect(error?.reason == .invalidParams)
      let batch = Caller().refusal("batch.get", "{\"keys\":[\"a\",\"\(key)\"]}")
      #expect(batch?.reason == .invalidParams)
    }
  }

  @Test("is not empty, and no longer than the configuration says once its escapes are decoded")
  func length() throws {
    let caller = Caller { $0.limits.keyBytes = 8 }
    #expect(caller.refusal("kv.get", #"{"key":""}"#)?.reason == .invalidParams)
    #expect(caller.refusal("kv.get", #"{"key":"12345678"}"#) == nil)
    #expect(caller.refusal("kv.get", #"{"key":"123456789"}"#)?.reason == .tooLarge)
    #expect(caller.refusal("kv.get", #"{"key":"äääää"}"#)?.reason == .tooLarge)
    let escaped = String(repeating: "\\u0061", count: 8)
    #expect(try Self.name("\"\(escaped)\"", caller).hasSuffix(":aaaaaaaa"))
    #expect(caller.refusal("kv.get", "{\"key\":\"\(escaped)a\"}")?.reason == .tooLarge)
    let long = String(repeating: "\\u0061", count: 100_000)
    #expect(caller.refusal("kv.get", "{\"key\":\"\(long)\"}")?.reason == .tooLarge)
    #expect(caller.refusal("batch.get", #"{"keys":["a","123456789"]}"#)?.reason == .tooLarge)
    let entry = #"{"entries":[{"key":"123456789","value":1}]}"#
    #expect(caller.refusal("batch.set", entry)?.reason == .tooLarge)
  }

  @Test("belongs to the namespace of its method")
  func namespaces() throws {
    // A scan looks in all of them; flows, a list and what takes several records begin with no step; and the others
    // name nothing in the store but what their connection has, or the keys of tokens.
    let others = [
      "dev.scan", "pending.dead", "events.unsubscribe", "jwt.sign", "jwt.jwks", "session.create",
      "session.list", "session.deleteAll", "session.rotate", "session.dead", "cache.key",
    ]
    for method in MethodTable.standard.methods
    where method.asksStore && !others.contains(method.name) && method.namespace != "flow"
      // What these ask for is held against its names where their parameters are.
      && method.namespace != "ratelimit"
    {
      let steps = try Caller().begin(method.name, "\(method.example.params)").steps
      let namespace = method.namespace == "batch" ? "kv" : String(method.namespace)
      // Tags have names of their own, as they are raised together.
      for step in steps where !step.hasPrefix("InvalidateCacheTags") {
        #expect(step.contains(" igniter:store:api:\(namespace):"), "\(method.name)")
      }
    }
  }

  @Test("has the prefix of the configuration and the service of the caller")
  func prefixes() throws {
    var caller = Caller()
    (caller.prefix, caller.service) = ("cloakroom", "default")
    #expect(try Self.name("\"a\"", caller) == "cloakroom:default:kv:a")
  }

  @Test("is one of at most so many in one call")
  func batchLength() {
    let caller = Caller { $0.limits.batchLength = 2 }
    #expect(caller.refusal("batch.get", #"{"keys":["a","b"]}"#) == nil)
    #expect(caller.refusal("batch.get", #"{"keys":["a","b","c"]}"#)?.reason == .tooLarge)
    #expect(caller.refusal("batch.remove", #"{"keys":["a","b","c"]}"#)?.reason == .tooLarge)
    let entry = #"{"key":"a","value":1}"#
    #expect(caller.refusal("batch.set", "{\"entries\":[\(entry),\(entry)]}") == nil)
    let error = caller.refusal("batch.set", "{\"entries\":[\(entry),\(entry),\(entry)]}")
    #expect(error?.reason == .tooLarge)
  }
}

@Suite("A call's notes for the access log", .timeLimit(.minutes(1)))
struct CallNotesTests {
  @Test(
    "hold the caller's own key, decoded",
    arguments: [
      ("\"user:1\"", "user:1"), ("\"\\u00e4\\u0062\"", "äb"), ("\"a\\\"\"", "a\""),
    ])
  func key(key: String, expected: String) throws {
    var caller = Caller()
    caller.keepsNotes = true
    let params = "{\"key\":\(key),\"scope\":[{\"key\":\"o\",\"id\":\"1\"}]}"
    #expect(try caller.begin("kv.get", params).notes.key == Array(expected.utf8))
    caller.keepsNotes = false
    #expect(try caller.begin("kv.get", params).notes.key == nil)
  }

  @Test("hold the scope's keys, the actor, the trace and the life that was given")
  func others() throws {
    var caller = Caller()
    caller.keepsNotes = true
    let notes = try caller.begin(
      "kv.set",
      #"""
      {"key":"a","value":1,"ttl":"90s","actor":"j\u00f6rg","traceparent":"00-a-b-01",
      "scope":[{"key":"organization","id":"secret"},{"key":"user","id":"7"}]}
      """#
    ).notes
    #expect(notes.scope == "organization/user")
    #expect(notes.actor == "jörg")
    #expect(notes.traceparent == "00-a-b-01")
    #expect(notes.ttlMs == 90_000)
    #expect(try caller.begin("kv.touch", #"{"key":"a"}"#).notes.ttlMs == 86_400_000)
    #expect(try caller.begin("kv.touch", #"{"key":"a","ttl":"keep"}"#).notes.ttlMs == nil)
  }
}
