import CloakroomCore
import CloakroomStore
import CloakroomWire
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("A call's parameters", .timeLimit(.minutes(1)))
struct ParameterTests {
  static let day = 86_400_000

  @Test(
    "become one step of the store",
    arguments: [
      ("kv.get", #"{"key":"user:123"}"#, "get igniter:store:api:kv:user:123"),
      ("kv.get", #"{"withMeta":true,"key":"a"}"#, "getWithMeta igniter:store:api:kv:a"),
      ("kv.get", #"{"key":"a","withMeta":false}"#, "get igniter:store:api:kv:a"),
      ("kv.set", #"{"key":"a","value":null}"#, "set igniter:store:api:kv:a null \(day)ms always"),
      (
        "kv.set", #"{"value":{"b" : [1.10,1e400]},"ttl":90,"key":"a"}"#,
        #"set igniter:store:api:kv:a {"b" : [1.10,1e400]} 90000ms always"#
      ),
      (
        "kv.set", #"{"key":"a","value":"x","onlyIf":"absent"}"#,
        #"set igniter:store:api:kv:a "x" \#(day)ms absent"#
      ),
      (
        "kv.set", #"{"key":"a","value":"x","onlyIf":"\u0070resent"}"#,
        #"set igniter:store:api:kv:a "x" \#(day)ms present"#
      ),
      (
        "kv.set", #"{"key":"a","value":9007199254740993,"ifMatch":"0a"}"#,
        "set igniter:store:api:kv:a 9007199254740993 \(day)ms match(0a)"
      ),
      ("kv.exists", #"{"key":"a"}"#, "exists igniter:store:api:kv:a"),
      ("kv.remove", #"{"key":"a"}"#, "remove igniter:store:api:kv:a"),
      ("kv.take", #"{"key":"a"}"#, "take igniter:store:api:kv:a"),
      ("kv.expire", #"{"key":"a","ttl":"500ms"}"#, "expire igniter:store:api:kv:a 500ms"),
      ("kv.touch", #"{"key":"a"}"#, "expire igniter:store:api:kv:a \(day)ms"),
      ("kv.touch", #"{"key":"a","ttl":"7d"}"#, "expire igniter:store:api:kv:a 604800000ms"),
      (
        "batch.get", #"{"keys":["a","b","a"]}"#,
        "getMany igniter:store:api:kv:a igniter:store:api:kv:b igniter:store:api:kv:a"
      ),
      ("counter.get", #"{"key":"a"}"#, "get igniter:store:api:counter:a"),
      ("counter.reset", #"{"key":"a"}"#, "remove igniter:store:api:counter:a"),
      ("counter.expire", #"{"key":"a","ttl":1}"#, "expire igniter:store:api:counter:a 1000ms"),
      (
        "counter.increment", #"{"key":"a"}"#,
        "add igniter:store:api:counter:a 1 \(Int64.min)...\(Int64.max) \(day)ms"
      ),
      (
        "counter.increment", #"{"key":"a","by":-5,"min":-0,"max":9223372036854775807,"ttl":"1h"}"#,
        "add igniter:store:api:counter:a -5 0...\(Int64.max) 3600000ms"
      ),
      (
        "counter.decrement", #"{"key":"a","by":10,"min":-9223372036854775808}"#,
        "add igniter:store:api:counter:a -10 \(Int64.min)...\(Int64.max) \(day)ms"
      ),
      ("system.ping", "{}", "ping"), ("system.health", "[]", "health"),
      ("system.metrics", "{}", "metrics"), ("rpc.discover", "{}", "discover"),
      ("system.hello", "{}", "hello - -"),
      ("system.hello", #"{"client":"b/1","service":"a"}"#, "hello a b/1"),
    ] as [(String, String, String)])
  func begun(method: String, params: String, step: String) throws {
    #expect(try Caller().begin(method, params).steps == [step])
  }

  @Test("become many steps of the store for batches")
  func batches() throws {
    let entries = #"""
      {"entries":[{"key":"a","value":1},{"ttl":"1h","value":[ ],"key":"b"},
      {"\u006bey":"\u0063","value":{"x":"y"},"ttl":"keep"}]}
      """#
    #expect(
      try Caller().begin("batch.set", entries).steps == [
        "set igniter:store:api:kv:a 1 86400000ms always",
        "set igniter:store:api:kv:b [ ] 3600000ms always",
        #"set igniter:store:api:kv:c {"x":"y"} keep(86400000ms) always"#,
      ])
    #expect(
      try Caller().begin("batch.remove", #"{"keys":["a","b"]}"#).steps == [
        "remove igniter:store:api:kv:a", "remove igniter:store:api:kv:b",
      ])
  }

  @Test("become steps of bounded work for many tags")
  func tags() throws {
    for (count, steps) in [(1, 1), (300, 1), (301, 2), (1000, 4)] {
      let tags = (0..<count).map { "\"t\($0)\"" }.joined(separator: ",")
      #expect(
        try Caller().begin("cache.invalidate", "{\"tags\":[\(tags)]}").steps.count == steps)
    }
  }

  @Test(
    "are accepted as one array in the documented order",
    arguments: [
      ("kv.get", #"["a"]"#, "get igniter:store:api:kv:a"),
      ("kv.get", #"["a",true]"#, "getWithMeta igniter:store:api:kv:a"),
      (
        "kv.set", #"["a",{"x":1},"1h","present"]"#,
        #"set igniter:store:api:kv:a {"x":1} 3600000ms present"#
      ),
      (
        "counter.increment", #"["a",2,0,10,"1m"]"#,
        "add igniter:store:api:counter:a 2 0...10 60000ms"
      ),
      ("batch.get", #"[["a"]]"#, "getMany igniter:store:api:kv:a"),
    ] as [(String, String, String)])
  func positional(method: String, params: String, step: String) throws {
    #expect(try Caller().begin(method, params).steps == [step])
  }

  @Test("in an array are no more than the method's own")
  func tooManyPositional() {
    for method in MethodTable.standard.methods {
      let params = Array(repeating: "1", count: method.parameters.count + 1)
      let error = Caller().refusal(method.name, "[\(params.joined(separator: ","))]")
      #expect(error?.reason == .invalidParams, "\(method.name)")
      #expect(error?.message.contains("at most") == true, "\(method.name)")
    }
  }

  @Test("are refused when one is unknown, and the message names those there are")
  func unknown() {
    for method in MethodTable.standard.methods {
      for name in ["kez", "Key", "key ", "", "id", "scope_", "idempotencykey", "deadlinems"]
      where !method.allParameters.contains(where: { "\($0.name)" == name }) {
        let error = Caller().refusal(method.name, "{\"\(name)\":1}")
        #expect(error?.reason == .invalidParams, "\(method.name)")
        for parameter in method.allParameters {
          #expect(error?.message.contains("\(parameter.name)") == true)
        }
      }
    }
  }

  @Test("never show in a message what is no name")
  func shown() {
    func message(_ name: String) -> String {
      Caller().refusal("kv.get", "{\"\(name)\":1}")?.message ?? ""
    }
    #expect(message("keey").contains("\"keey\""))
    #expect(!message("s3cret-t0ken").contains("s3cret"))
    #expect(!message("a\\u0062\\n").contains("u0062"))
    let long = String(repeating: "a", count: 33)
    #expect(!message(long).contains(long))
    #expect(message(String(long.dropLast())).contains(long.dropLast()))
  }

  @Test("are refused when one is given twice, however it is written")
  func twice() {
    for method in MethodTable.standard.methods {
      for parameter in method.allParameters {
        let name = "\(parameter.name)"
        let first = name.unicodeScalars.prefix(1).map { "\\u00" + String($0.value, radix: 16) }
        let escaped = (first + [String(name.dropFirst())]).joined()
        for params in ["{\"\(name)\":1,\"\(name)\":1}", "{\"\(name)\":1,\"\(escaped)\":1}"] {
          let error = Caller().refusal(method.name, params)
          #expect(error?.reason == .invalidParams)
          #expect(error?.message == "\(name) is given twice", "\(method.name)")
        }
      }
    }
  }

  @Test("are refused when one that has to be there is missing")
  func missing() throws {
    for method in MethodTable.standard.methods {
      let members = try #require(JSONNode(method.example.params)).members
      for parameter in method.parameters where parameter.isRequired {
        let others = members.filter { $0.name != "\(parameter.name)" }
        let params = others.map { "\"\($0.name)\":\($0.value.written)" }.joined(separator: ",")
        let error = Caller().refusal(method.name, "{\(params)}")
        #expect(error == RPCError(.invalidParams, "\(parameter.name) is missing"))
      }
      // They take one of two, or one in place of another.
      let isEither = [
        "cache.invalidate", "events.subscribe", "jwt.revoke", "pending.create", "session.delete",
      ].contains(method.name)
      let needsSome =
        isEither || method.namespace == "ratelimit" || method.parameters.contains { $0.isRequired }
      for params in ["[]", "{}", nil] {
        #expect((Caller().refusal(method.name, params)?.reason == .invalidParams) == needsSome)
      }
    }
  }

  @Test("are refused when there are more than any method takes")
  func flood() {
    let many = (0..<65).map { "\"p\($0)\":1" }.joined(separator: ",")
    #expect(Caller().refusal("kv.get", "{\(many)}")?.reason == .invalidParams)
    let ones = Array(repeating: "1", count: 65).joined(separator: ",")
    #expect(Caller().refusal("kv.get", "[\(ones)]")?.reason == .invalidParams)
  }

  @Test(
    "are refused when they are of another type",
    arguments: [
      ("key", ["1", "null", "true", "[]", "{}"]), ("withMeta", ["1", "null", "\"true\"", "[]"]),
      ("onlyIf", ["1", "null", "\"\"", "\"Absent\"", "\"absent \"", "[\"absent\"]"]),
      ("ifMatch", ["1", "null", "[]", "\"\(String(repeating: "a", count: 41))\""]),
      ("by", ["\"1\"", "null", "1.0", "1e3", "9223372036854775808", "-9223372036854775809"]),
      ("min", ["\"1\"", "null", "0.5", "123456789012345678901234567890"]),
      ("max", ["\"1\"", "null", "true", "-"]), ("keys", ["\"a\"", "{}", "null", "[1]"]),
      ("keys", ["[\"a\",null]", "[[\"a\"]]", "[\"a\",\"\"]"]),
      ("entries", ["{}", "null", "[1]", "[\"a\"]", "[{}]", "[{\"key\":\"a\"}]"]),
      (
        "entries", ["[{\"value\":1}]", "[{\"key\":1,\"value\":1}]", "[{\"key\":\"\",\"value\":1}]"]
      ),
      ("entries", ["[{\"key\":\"a\",\"value\":1,\"onlyIf\":\"absent\"}]"]),
      ("entries", ["[{\"key\":\"a\",\"value\":1,\"ttl\":1,\"x\":1}]"]),
      ("entries", ["[{\"key\":\"a\",\"value\":1,\"value\":2}]"]),
      ("entries", ["[{\"key\":\"a\",\"key\":\"b\",\"value\":2}]", "[null]"]),
      ("service", ["1", "null", "\"\(String(repeating: "a", count: 65))\""]),
      ("client", ["1", "null", "\"\(String(repeating: "a", count: 129))\""]),
      ("scope", ["1", "null", "{}", "\"a\"", "[1]", "[[]]", "[{}]", "[\"a\"]"]),
      ("actor", ["1", "null", "\"\(String(repeating: "a", count: 257))\"", "\"\\ud800\""]),
      ("traceparent", ["1", "null", "\"\(String(repeating: "a", count: 257))\""]),
      ("idempotencyKey", ["1", "null", "[]", "\"\"", "\"\(String(repeating: "a", count: 257))\""]),
      ("idempotencyKey", ["\"\\ud800\"", "\"\(String(repeating: "ä", count: 129))\"", "true"]),
      ("deadlineMs", ["0", "-1", "1.5", "\"1\"", "null", "9223372036854775808"]),
    ] as [(String, [String])])
  func wrongType(name: String, values: [String]) throws {
    var methods = 0
    for method in MethodTable.standard.methods
    where method.allParameters.contains(where: { "\($0.name)" == name }) {
      methods += 1
      let example = try #require(JSONNode(method.example.params)).members
      let others = example.filter { $0.name != name }.map { ",\"\($0.name)\":\($0.value.written)" }
      for value in values where value != "-" {
        let error = Caller().refusal(method.name, "{\"\(name)\":\(value)\(others.joined())}")
        #expect(error?.reason == .invalidParams, "\(method.name) \(name) \(value)")
      }
    }
    #expect(methods > 0)
  }

  @Test("of a counter have bounds in order, and an amount that can be turned round")
  func bounds() {
    let crossed = #"{"key":"a","min":2,"max":1}"#
    #expect(Caller().refusal("counter.increment", crossed)?.reason == .invalidParams)
    #expect(Caller().refusal("counter.increment", #"{"key":"a","min":2,"max":2}"#) == nil)
    let lowest = #"{"key":"a","by":-9223372036854775808}"#
    #expect(Caller().refusal("counter.increment", lowest) == nil)
    #expect(Caller().refusal("counter.decrement", lowest)?.reason == .invalidParams)
  }

  @Test("have either onlyIf or ifMatch")
  func conditions() {
    let both = #"{"key":"a","value":1,"onlyIf":"present","ifMatch":"0a"}"#
    #expect(
      Caller().refusal("kv.set", both)
        == RPCError(.invalidParams, "onlyIf and ifMatch can't both be given"))
  }

  @Test("remember the etag of what is written only when it is asked for")
  func etag() throws {
    let etag = ETag.of(ByteBuffer(string: "[1]"))
    let asked = #"{"key":"a","value":[1],"withMeta":true}"#
    #expect(try Caller().begin("kv.set", asked).replyContext.etag?.text == etag)
    #expect(try Caller().begin("kv.set", #"{"key":"a","value":[1]}"#).replyContext.etag == nil)
  }

  @Test("carry the caller's patience")
  func deadline() throws {
    #expect(try Caller().begin("kv.get", #"{"key":"a","deadlineMs":250}"#).deadlineMs == 250)
    #expect(try Caller().begin("kv.get", #"{"key":"a"}"#).deadlineMs == nil)
    #expect(try Caller().begin("system.ping", #"{"deadlineMs":1}"#).deadlineMs == 1)
  }

  @Test("put a value with line breaks between its tokens into one line")
  func lineBreaks() throws {
    let value = "{\n\"a\":\r\n[1,\n2],\"b\":\"\\n\"}"
    let steps = try Caller().begin("kv.set", "{\"key\":\"a\",\"value\":\(value),\"ttl\":1}").steps
    let expected = #"{ "a":  [1, 2],"b":"\n"}"#
    #expect(steps == ["set igniter:store:api:kv:a \(expected) 1000ms always"])
  }

  @Test("of one call leave nothing for the next")
  func reuse() throws {
    let caller = Caller()
    var arguments = Arguments(settings: try caller.settings(), depthLimit: 128)
    arguments.notes = CallNotes(isKept: true)
    func begin(_ method: String, _ params: String) throws(RPCError) -> Caller.Begun {
      try caller.begin(
        request: "{\"jsonrpc\":\"2.0\",\"method\":\"\(method)\",\"params\":\(params)}", &arguments)
    }
    let full = #"""
      {"key":"a","value":1,"ttl":1,"withMeta":true,"scope":[{"key":"o","id":"1"}],"actor":"me",
      "deadlineMs":5,"traceparent":"t"}
      """#
    let first = try begin("kv.set", full)
    #expect(first.steps == ["set igniter:store:api:o:1:kv:a 1 1000ms always"])
    let second = try begin("kv.set", #"{"key":"b","value":2}"#)
    #expect(second.steps == ["set igniter:store:api:kv:b 2 86400000ms always"])
    #expect(second.replyContext.etag == nil)
    #expect(second.deadlineMs == nil)
    #expect(second.notes.actor == nil)
    #expect(second.notes.scope == nil)
    #expect(second.notes.traceparent == nil)
    #expect(throws: RPCError.self) { try begin("kv.get", #"{"key":"a","scope":[{}]}"#) }
    #expect(try begin("kv.get", #"{"key":"c"}"#).steps == ["get igniter:store:api:kv:c"])
    #expect(throws: RPCError(.invalidParams, "key is missing")) { try begin("kv.get", "{}") }
  }
}
