import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("A scope", .timeLimit(.minutes(1)))
struct ScopeTests {
  static func refusal(_ scope: String, _ caller: Caller = Caller()) -> RPCError? {
    caller.refusal("kv.get", "{\"key\":\"k\",\"scope\":\(scope)}")
  }

  static func scope(_ steps: [(String, String)]) -> String {
    "[" + steps.map { "{\"key\":\"\($0.0)\",\"id\":\"\($0.1)\"}" }.joined(separator: ",") + "]"
  }

  /// The name that a value has in the store.
  static func name(
    in space: KeySpace, _ namespace: Namespace, _ scope: [ScopeStep], _ key: String
  ) throws(RPCError) -> ByteBuffer {
    var buffer = ByteBuffer()
    try space.write(namespace, scope: scope, key: key.utf8.span.bytes, into: &buffer)
    return buffer
  }

  @Test(
    "stands between service and namespace, outermost first, its own colons encoded",
    arguments: [
      ("[]", ""), (#"[{"key":"organization","id":"org_123"}]"#, "organization:org_123:"),
      (#"[{"id":"1","key":"a"},{"key":"b","id":"2"}]"#, "a:1:b:2:"),
      (#"[{"key":"a","id":"x:kv:y"}]"#, "a:x%3Akv%3Ay:"),
      (#"[{"key":"a","id":"%3A{t}"}]"#, "a:%253A%7Bt%7D:"),
      (#"[{"key":"a:b","id":"1"}]"#, "a%3Ab:1:"), (#"[{"key":"KV","id":"kv"}]"#, "KV:kv:"),
      (#"[{"key":"a","id":"\u0000\n\u007f"}]"#, "a:%00%0A%7F:"),
      (#"[{"\u006bey":"\u0061","i\u0064":"ä\u00e4"}]"#, "a:ää:"),
      (#"[{"key":"a","id":" "}]"#, "a: :"), (#"[{"key":"a","id":17}]"#, "a:17:"),
      (#"[{"id":-3,"key":"a"}]"#, "a:-3:"), (#"[{"key":"a","id":0}]"#, "a:0:"),
      (#"[{"key":"a","id":123456789012345678901234567890}]"#, "a:123456789012345678901234567890:"),
    ])
  func written(scope: String, expected: String) throws {
    var caller = Caller()
    caller.service = "my-api"
    let begun = try caller.begin("kv.get", "{\"key\":\"settings\",\"scope\":\(scope)}")
    #expect(begun.steps == ["get igniter:store:my-api:\(expected)kv:settings"])
  }

  @Test(
    "holds objects with key, a string, and id, a string or a whole number, and nothing else",
    arguments: [
      #"[{"key":"a"}]"#, #"[{"id":"1"}]"#, #"[{"key":"a","id":1.0}]"#, #"[{"key":"a","id":1e3}]"#,
      #"[{"key":"a","id":1E3}]"#, #"[{"key":"a","id":-0}]"#, #"[{"key":"a","id":true}]"#,
      #"[{"key":1,"id":1}]"#, #"[{"key":"a","id":1,"id":2}]"#, #"[{"key":null,"id":"1"}]"#,
      #"[{"key":"a","id":"1","x":1}]"#, #"[{"key":"a","x":"1"}]"#, #"[{"key":"a","key":"b"}]"#,
      #"[{"key":"a","id":"1","id":"2"}]"#, #"[{"Key":"a","id":"1"}]"#, #"["a","1"]"#, "[null]",
      #"[{"key":"a","id":"\ud800"}]"#, #"[{"key":"a","id\ud800":"1"}]"#, #"{"key":"a","id":"1"}"#,
      #""a:1""#, "true",
    ])
  func shape(scope: String) {
    #expect(Self.refusal(scope)?.reason == .invalidParams)
  }

  @Test("has no empty or overlong key or id, and no namespace's name as a key")
  func content() {
    #expect(Self.refusal(Self.scope([("", "1")]))?.reason == .scopeInvalid)
    #expect(Self.refusal(Self.scope([("a", "")]))?.reason == .scopeInvalid)
    let longest = String(repeating: "x", count: KeySpace.scopePartBytes)
    #expect(Self.refusal(Self.scope([(longest, longest)])) == nil)
    #expect(Self.refusal(Self.scope([(longest + "x", "1")]))?.reason == .scopeInvalid)
    #expect(Self.refusal(Self.scope([("a", longest + "x")]))?.reason == .scopeInvalid)
    let escaped = String(repeating: "\\u0078", count: KeySpace.scopePartBytes)
    #expect(Self.refusal(Self.scope([(escaped, escaped)])) == nil)
    for namespace in Namespace.allCases {
      let error = Self.refusal(Self.scope([("a", "1"), (namespace.rawValue, "1")]))
      #expect(error?.reason == .scopeInvalid)
    }
    #expect(Self.refusal(Self.scope([("\\u006bv", "1")]))?.reason == .scopeInvalid)
  }

  @Test("is checked for methods that name no value too")
  func keyless() {
    let ping = "{\"scope\":\(Self.scope([("kv", "1")]))}"
    #expect(Caller().refusal("system.ping", ping)?.reason == .scopeInvalid)
  }

  @Test("has at most so many steps")
  func depth() {
    let steps = (0..<KeySpace.scopeDepth).map { ("k\($0)", "\($0)") }
    #expect(Self.refusal(Self.scope(steps)) == nil)
    #expect(Self.refusal(Self.scope(steps + [("x", "1")]))?.reason == .scopeInvalid)
    let many = Array(repeating: ("x", "1"), count: 10_000)
    #expect(Self.refusal(Self.scope(many))?.reason == .scopeInvalid)
  }

  @Test("is one that the configuration declares, if it declares any")
  func declared() {
    let caller = Caller { $0.scopes.declared = ["org", "user"] }
    #expect(Self.refusal("[]", caller) == nil)
    #expect(Self.refusal(Self.scope([("org", "1"), ("user", "2")]), caller) == nil)
    #expect(Self.refusal(Self.scope([("team", "1")]), caller)?.reason == .scopeInvalid)
    let mixed = Self.scope([("org", "1"), ("Org", "2")])
    #expect(Self.refusal(mixed, caller)?.reason == .scopeInvalid)
  }

  @Test("has what the configuration requires, on every method")
  func required() {
    let caller = Caller {
      $0.scopes.declared = ["org", "user"]
      $0.scopes.required = ["org"]
    }
    #expect(Self.refusal(Self.scope([("org", "1")]), caller) == nil)
    #expect(Self.refusal(Self.scope([("user", "1"), ("org", "1")]), caller) == nil)
    let missing = RPCError(
      .scopeRequired, "the configuration requires the scope org", details: [.text("scope", "org")])
    #expect(Self.refusal(Self.scope([("user", "1")]), caller) == missing)
    #expect(Self.refusal("[]", caller) == missing)
    for method in MethodTable.standard.methods {
      #expect(caller.refusal(method.name, "\(method.example.params)") == missing)
    }
  }

  @Test("can't be spelled so that another's value is named")
  func forgery() throws {
    let scopeKeys = ["a", "b", "a:kv", "%", "kv%3A", "k\u{0}v", "A"]
    let ids = ["1", "kv", "kv:1", "1:kv:2", "%3A", ":", "{a}", "a", "counter", "ä"]
    let keys = ["k", "kv:k", "a:1:kv:k", "1:kv:k", "a:kv:kv:k", ":", "%3A", "counter:k"]
    let steps = scopeKeys.flatMap { key in ids.map { ScopeStep(key: key, id: $0) } }
    let scopes = [[]] + steps.map { [$0] } + steps.flatMap { first in steps.map { [first, $0] } }
    var names: Set<[UInt8]> = []
    var count = 0
    for service in ["api", "kv", "a"] {
      let space = KeySpace(prefix: "p", service: service)
      for scope in scopes {
        for namespace in [Namespace.kv, .counter] {
          for key in scope.count < 2 ? keys : Array(keys.prefix(2)) {
            names.insert(Array(try Self.name(in: space, namespace, scope, key).readableBytesView))
            count += 1
          }
        }
      }
    }
    #expect(count > 50_000)
    #expect(names.count == count)
  }

  @Test("can be read back out of the name that it made")
  func readBack() throws {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("ab:%{}kv\u{0}\u{7f}\n😀3A".unicodeScalars)
    func part() -> String {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        if let scalar = alphabet.randomElement(using: &random) { text.append(scalar) }
      }
      return String(text)
    }
    let space = KeySpace(prefix: "p:q", service: "api")
    for _ in 0..<2000 {
      let scope = (0..<Int.random(in: 0...KeySpace.scopeDepth, using: &random)).map { _ in
        ScopeStep(key: "s" + part(), id: part())
      }
      let namespace = try #require(Namespace.allCases.randomElement(using: &random))
      let key = part()
      let written = try Self.name(in: space, namespace, scope, key)
      let name = try #require(NameReader(String(buffer: written), after: "p:q:api:"))
      #expect(name.scope == scope)
      #expect(name.namespace == namespace)
      #expect(name.key == key)
    }
  }
}

/// Takes a name in the store apart again: the first namespace in a step's place ends the scope.
private struct NameReader {
  var scope: [ScopeStep] = []
  var namespace: Namespace
  var key: String

  init?(_ name: String, after root: String) {
    guard name.utf8.starts(with: root.utf8) else { return nil }
    var rest = Substring(name).utf8.dropFirst(root.utf8.count)
    func next() -> String? {
      guard let colon = rest.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      defer { rest = rest[rest.index(after: colon)...] }
      return Self.decoded(Array(rest[..<colon]))
    }
    while let word = next() {
      if let namespace = Namespace(rawValue: word) {
        self.namespace = namespace
        key = String(decoding: Array(rest), as: UTF8.self)
        return
      }
      guard let id = next() else { return nil }
      scope.append(ScopeStep(key: word, id: id))
    }
    return nil
  }

  private static func decoded(_ bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    var at = 0
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count,
        let byte = UInt8(String(decoding: bytes[at + 1...at + 2], as: UTF8.self), radix: 16)
      {
        result.append(byte)
        at += 3
      } else {
        result.append(bytes[at])
        at += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
