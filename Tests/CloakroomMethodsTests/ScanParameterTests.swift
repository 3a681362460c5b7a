import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("dev.scan", .timeLimit(.minutes(1)))
struct ScanParameterTests {
  static let caller = Caller()

  @Test("is off unless it is turned on, and says how")
  func off() {
    let caller = Caller { $0.dev.scan = false }
    let error = caller.refusal("dev.scan", "{}")
    #expect(error?.reason == .forbidden)
    #expect(error?.message.contains("dev.scan=true") == true)
    #expect(caller.refusal("dev.scan", #"{"count":0}"#)?.reason == .forbidden)
  }

  @Test(
    "asks the store for nothing but names of the caller's own service and scope",
    arguments: [
      ("{}", "scan igniter:store:api:… 0 100"),
      (#"["user:*",null,7]"#, "scan igniter:store:api:… 0 7"),
      (#"{"pattern":"user:*","namespace":"kv"}"#, "scan igniter:store:api:kv:user:… 0 100"),
      (#"{"pattern":"*x","namespace":"kv"}"#, "scan igniter:store:api:kv:… 0 100"),
      (#"{"namespace":"counter","count":1000}"#, "scan igniter:store:api:counter:… 0 1000"),
      (#"{"scope":[{"key":"o","id":"1"}]}"#, "scan igniter:store:api:o:1:… 0 100"),
      (#"{"scope":[{"key":"o","id":"*:kv:"}]}"#, "scan igniter:store:api:o:*%3Akv%3A:… 0 100"),
      (#"{"scope":[{"key":"*","id":"?"}],"pattern":"[a]"}"#, "scan igniter:store:api:*:?:… 0 100"),
      (#"{"cursor":"AQAAAAAAAAAAAAE"}"#, "scan igniter:store:api:… 1 100"),
      (#"{"cursor":"AQAAAAAAAAAAAAQ"}"#, "scan igniter:store:api:… 4 100"),
      (#"{"idempotencyKey":"k"}"#, "scan igniter:store:api:… 0 100"),
    ] as [(String, String)])
  func steps(params: String, step: String) throws {
    #expect(try Self.caller.begin("dev.scan", params).steps == [step])
  }

  @Test("goes on from every position, and each has one spelling")
  func cursors() throws {
    for position in [1, 2, 63, 4096, 65_535, 1 << 32, .max - 1, .max] as [UInt64] {
      let text = ScanCursor(position: position).text
      #expect(text.utf8.count == 15)
      #expect(try ScanCursor(text).position == position)
      let begun = try Self.caller.begin("dev.scan", "{\"cursor\":\"\(text)\"}")
      #expect(begun.steps == ["scan igniter:store:api:… \(position) 100"])
      let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
      // No other last character means the same, nor does another first one mean anything.
      let twins = alphabet.filter { last in
        (try? ScanCursor(text.dropLast() + String(last)))?.position == position
      }
      #expect(twins.count == 1)
      let versions = alphabet.filter { (try? ScanCursor(String($0) + text.dropFirst())) != nil }
      #expect(versions == "A")
    }
  }

  @Test(
    "takes no cursor but one that it has answered with",
    arguments: [
      "", "0", "1", "*", "AQAAAAAAAAAAAAA", "AAAAAAAAAAAAAAQ", "AgAAAAAAAAAAAAQ", "AQABAAAAAAAAAAQ",
      "AQAAAAAAAAAAAAQ=", "AQAAAAAAAAAAAA=", "AQAAAAAAAAAAA+Q", "AQAAAAAAAAAAA/Q",
      " AQAAAAAAAAAAAQ",
      "AQAAAAAAAAAAAA\\n", "AQAAAAAAAAAAAQ\\u0000", "ÄAAAAAAAAAAAAA",
      "AQAAAAAAAAAAAAQAQAAAAAAAAAAAAQ",
    ])
  func forged(cursor: String) {
    let error = Self.caller.refusal("dev.scan", "{\"cursor\":\"\(cursor)\"}")
    #expect(error?.reason == .invalidParams)
  }

  @Test(
    "is refused with parameters of another type or range",
    arguments: [
      #"{"count":0}"#, #"{"count":1001}"#, #"{"count":-1}"#, #"{"count":"1"}"#, #"{"count":1.5}"#,
      #"{"pattern":1}"#, #"{"pattern":null}"#, #"{"pattern":["*"]}"#, #"{"cursor":1}"#,
      #"{"cursor":{}}"#, #"{"namespace":"idempotency"}"#, #"{"namespace":"KV"}"#,
      #"{"namespace":""}"#, #"{"namespace":"kv:"}"#, #"{"namespace":null}"#, #"{"prefix":"a"}"#,
    ])
  func refused(params: String) {
    #expect(Self.caller.refusal("dev.scan", params)?.reason == .invalidParams)
  }

  @Test("takes no pattern of more than 256 bytes")
  func longPattern() {
    func refusal(_ count: Int) -> RPCError? {
      Self.caller.refusal("dev.scan", "{\"pattern\":\"\(String(repeating: "*", count: count))\"}")
    }
    #expect(refusal(256) == nil)
    #expect(refusal(257)?.reason == .invalidParams)
  }

  @Test(
    "shows namespace and key of what is the caller's own",
    arguments: [
      ("*", nil, "p:s:kv:user:1", "kv:user:1"), ("user:*", nil, "p:s:kv:user:1", "kv:user:1"),
      ("user:*", nil, "p:s:counter:user:1", "counter:user:1"),
      ("user:*", .kv, "p:s:counter:user:1", nil), ("kv:*", nil, "p:s:kv:user:1", nil),
      ("*", nil, "p:s:kv:", "kv:"), ("", nil, "p:s:kv:", "kv:"), ("*", nil, "p:s:kv", nil),
      // Deeper scopes, other services, and what the sidecar keeps for itself.
      ("*", nil, "p:s:o:1:kv:user:1", nil), ("*", nil, "p:t:kv:user:1", nil),
      ("*", nil, "p:s:idempotency:call:k", nil), ("*", nil, "p:s", nil), ("*", nil, "", nil),
      ("*", nil, "p:s:", nil), ("*", nil, "p:s::kv:a", nil), ("*", nil, "p:s:KV:a", nil),
      // A key may look like a scope or a name.
      ("*", nil, "p:s:kv:p:s:kv:a", "kv:p:s:kv:a"), ("o:1:kv:*", nil, "p:s:o:1:kv:a", nil),
      // Only the star has a meaning.
      ("?", nil, "p:s:kv:a", nil), ("?", nil, "p:s:kv:?", "kv:?"), ("[a]", nil, "p:s:kv:a", nil),
      ("\\*", nil, "p:s:kv:\\x", "kv:\\x"), ("\\*", nil, "p:s:kv:*", nil),
      ("a*b*c", nil, "p:s:kv:abbc", "kv:abbc"), ("a*b*c", nil, "p:s:kv:acbx", nil),
      ("A*", nil, "p:s:kv:abc", nil),
    ] as [(String, Namespace?, String, String?)])
  func shown(pattern: String, namespace: Namespace?, name: String, key: String?) {
    let filter = ScanFilter(
      head: ByteBuffer(string: "p:s:"), namespace: namespace, pattern: Glob(pattern))
    let found = filter.key(in: ByteBuffer(string: name))
    #expect(found.map { String(buffer: $0) } == key)
    if key != nil {
      #expect(name.utf8.starts(with: filter.prefix.readableBytesView))
    }
  }
}
