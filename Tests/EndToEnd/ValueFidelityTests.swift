internal import Support
internal import Testing

@Suite("A value", .timeLimit(.minutes(2)), .sharedSidecar())
struct ValueFidelityTests {
  static let values = [
    "0", "-0", "1.0", "1.10", "1e5", "1E5", "1e+05", "1e400", "-1e-400", "0.30000000000000004",
    "9007199254740993", "10000000000000000000000", "3.141592653589793238462643383279",
    "true", "false", "null", "[]", "{}", "[[]]", "[{}]", #"{"":[]}"#, #""""#,
    #""\u0041""#, #""\u00e9 é""#, #""\/ /""#, #""a\"b\\c\b\f\n\r\t""#, #""\u0000""#, #""\u001F""#,
    #""\ud83d\ude00 😀""#, #""\uD83D""#, #""\ude00\ud83d""#, "\"\u{7F}\u{80}\u{2028}\u{FFFF}\"",
    #""Grüße 世界 🏳️‍🌈 \u202e""#, #"{"a":1,"a":2,"a":{"a":1,"a":1}}"#, #"{"b":1,"a":2}"#,
    #"{"\u0061":1,"a":2}"#, #"{"$base64":"AAEC/w=="}"#, #"{"__proto__":{},"constructor":null}"#,
    #"{"jsonrpc":"2.0","id":1,"method":"kv.remove","params":{"key":"k"}}"#,
  ]

  /// Values too long for the names of tests.
  static let longValues = [
    "nested": String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
    "digits": String(repeating: "9", count: 100_000),
    "two-byte characters": "\"\(String(repeating: "é", count: 200_000))\"",
    "numbers": "[\(Array(repeating: "1.50", count: 50_000).joined(separator: ","))]",
    // Replies of all these lengths leave in one piece or in many, as the socket has room.
    "31 KiB": "\"\(String(repeating: "x", count: 31 << 10))\"",
    "63 KiB": "\"\(String(repeating: "x", count: 63 << 10))\"",
    "65 KiB": "\"\(String(repeating: "x", count: 65 << 10))\"",
    "129 KiB": "\"\(String(repeating: "x", count: 129 << 10))\"",
    "3 MiB": "\"\(String(repeating: "x", count: 3 << 20))\"",
  ]

  @Test("comes back byte for byte", arguments: values, WireFraming.allCases)
  func exact(_ value: String, _ framing: WireFraming) throws {
    try check(value, framing)
  }

  @Test(
    "comes back byte for byte and once, however long it is", arguments: longValues.keys.sorted(),
    WireFraming.allCases)
  func long(_ name: String, _ framing: WireFraming) throws {
    try check(try #require(Self.longValues[name]), framing)
  }

  private func check(_ value: String, _ framing: WireFraming) throws {
    let client = try SharedSidecar.client()
    func ask(_ method: String, _ params: String) throws -> String {
      try client.send(framing.frame(LineClient.request(method, params, id: 1)))
      return try framing.read(client)
    }
    let head = #"{"jsonrpc":"2.0","id":1,"result":"#
    // Cases run beside each other: each has a key of its own.
    let key = "\(framing)/\(value.utf8.count)/\(value.prefix(200))"
      .replacing("\\", with: "%").replacing("\"", with: "'")
    let found = #"{"found":true,"value":\#(value)}"#
    let entry = #"{"entries":[{"value":\#(value),"key":"\#(key)"}]}"#
    let exchanges = [
      ("kv.set", #"{"key":"\#(key)","value":\#(value)}"#, #"{"ok":true}"#),
      ("kv.get", #"["\#(key)"]"#, found),
      ("batch.get", #"{"keys":["\#(key)","\#(key)"]}"#, "[\(found),\(found)]"),
      ("batch.set", entry, #"[{"ok":true}]"#),
      ("kv.take", #"{"key":"\#(key)"}"#, found),
    ]
    for (method, params, wanted) in exchanges {
      let reply = try ask(method, params)
      // Compared outside of the expectation: nobody wants to read megabytes in a failure.
      let isExact = reply == head + wanted + "}"
      #expect(isExact, "\(method): \(reply.prefix(200))")
    }
  }

  @Test("keeps all but the white space between its tokens", arguments: WireFraming.allCases)
  func space(_ framing: WireFraming) throws {
    let client = try SharedSidecar.client()
    let text = "{ \"a b\" :\t[ 1 ,\r\n 2 ] ,\n\"c\\n\":  \" d  e \" }"
    let params = #"{"key":"space/\#(framing)","value":\#(text)}"#
    try client.send(framing.frame(LineClient.request("kv.set", params, id: 1)))
    _ = try framing.read(client)
    let other = try SharedSidecar.client()
    let line = try other.call("kv.get", #"{"key":"space/\#(framing)"}"#).text
    let wanted = #"{"found":true,"value":{"a b":[1,2],"c\n":" d  e "}}"#
    #expect(Self.withoutSpace(line) == #"{"jsonrpc":"2.0","id":1,"result":\#(wanted)}"#)
  }

  /// Leaves out the white space that is not in strings.
  private static func withoutSpace(_ json: String) -> String {
    var isInString = false
    var isEscaped = false
    return String(
      json.unicodeScalars.filter { character in
        if isEscaped {
          isEscaped = false
        } else if isInString, character == "\\" {
          isEscaped = true
        } else if character == "\"" {
          isInString.toggle()
        }
        return isInString || !" \t\r\n".unicodeScalars.contains(character)
      }.map(Character.init))
  }

  @Test(
    "lies under what its key means, however that is written",
    arguments: [
      (#"abc"#, #"\u0061b\u0063"#), (#"é"#, #"\u00e9"#), (#"😀"#, #"\ud83d\ude00"#),
      (#"a/b"#, #"a\/b"#), (#"\n"#, #"\u000a"#), (#"{x}:%"#, #"\u007bx}:%"#),
    ])
  func keys(_ one: String, _ other: String) throws {
    let client = try SharedSidecar.client()
    try client.call("kv.set", #"{"key":"\#(one)","value":[1]}"#)
    let answer = try client.call("kv.get", #"{"\u006bey":"\#(other)"}"#)
    #expect(answer["found"] as? Bool == true, "\(answer)")
  }

  @Test(
    "has no key that is half a character, empty, or no string",
    arguments: [#""\ud800""#, #""\udc00x""#, #""""#, "1", "null", "[]"])
  func noKeys(_ key: String) throws {
    let client = try SharedSidecar.client()
    for (method, params) in [
      ("kv.get", #"{"key":\#(key)}"#), ("kv.set", #"{"key":\#(key),"value":1}"#),
      ("batch.get", #"{"keys":[\#(key)]}"#),
    ] {
      #expect(try client.call(method, params).reason == "INVALID_PARAMS")
    }
  }
}
