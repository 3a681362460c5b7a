internal import Testing

/// Bytes that no good client sends, and what is answered to them.
struct HostileInput: CustomTestStringConvertible {
  let testDescription: String
  /// The bytes of one line, without its end.
  let line: [UInt8]
  let reason: String

  init(_ name: String, _ line: some Sequence<UInt8>, _ reason: String = "PARSE_ERROR") {
    testDescription = name
    self.line = Array(line)
    self.reason = reason
  }

  static let all = deep + bytes + syntax + huge

  private static let deep = [
    HostileInput("100 kB of [", repeatElement(0x5B, count: 100_000), "TOO_LARGE"),
    HostileInput("20,000 objects", String(repeating: #"{"a":"#, count: 20_000).utf8, "TOO_LARGE"),
    HostileInput(
      "a deep value", set(String(repeating: "[", count: 5000) + "1"), "TOO_LARGE"),
    HostileInput("100 kB of ]", repeatElement(0x5D, count: 100_000)),
    HostileInput("100 kB of quotes", repeatElement(0x22, count: 100_000)),
    HostileInput("100 kB of backslashes", [0x22] + Array(repeating: 0x5C, count: 100_000)),
  ]

  /// Malformed UTF-8 (RFC 3629) and bytes that stand nowhere.
  private static let bytes =
    [
      "NUL": [0], "0x80 alone": [0x80], "0xFF": [0xFF], "an overlong slash": [0xC0, 0xAF],
      "an overlong NUL": [0xE0, 0x80, 0x80], "an overlong euro": [0xF0, 0x82, 0x82, 0xAC],
      "half of a pair": [0xED, 0xA0, 0x80],
      "a pair as six bytes": [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
      "past the last character": [0xF4, 0x90, 0x80, 0x80],
      "five bytes": [0xF8, 0x88, 0x80, 0x80, 0x80],
      "a character cut short": [0xE2, 0x82], "a tab": [0x09], "a control character": [0x1F],
    ].sorted { $0.key < $1.key }.flatMap { name, bytes in
      [
        HostileInput("\(name) in a value", set("\"", bytes, "\"")),
        HostileInput("\(name) in a name", set("{\"", bytes, "\":1}")),
      ]
    } + [
      HostileInput("only NUL", repeatElement(0, count: 1000)),
      HostileInput("NUL after a number", set("1", [0], "")),
      HostileInput("NUL after the text", Array(#"{"jsonrpc":"2.0","id":1}"#.utf8) + [0]),
      HostileInput("a byte order mark", [0xEF, 0xBB, 0xBF] + set("1")),
      HostileInput("every byte there is", (0...255).filter { $0 != 0x0A }),
    ]

  private static let syntax = [
    "01", "1.", ".5", "+1", "0x1", "NaN", "Infinity", "-", "1e", "1e+", "--1", "tru", "True",
    "nul", "'a'", "[1,]", "[,1]", "[1 2]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{a:1}"#, "{1:1}",
    #"{"a":1,}"#, #"{"a" 1}"#, #""\x41""#, #""\u12""#, #""\u00g0""#, #""\"#, #""open"#,
    "/* */ 1", "1 // 1", "[1}", "{]", "", "1} {",
  ].map { HostileInput("the value \($0)", set($0)) }

  private static let huge = [
    HostileInput(
      "100,000 parameters",
      Self.call("kv.get", "[\(Array(repeating: "1", count: 100_000).joined(separator: ","))]"),
      "INVALID_PARAMS"),
    HostileInput(
      "a method of a megabyte", Self.call(String(repeating: "x", count: 1 << 20), "{}"),
      "METHOD_NOT_FOUND"),
    HostileInput(
      "a key of a megabyte",
      Self.call("kv.get", #"["\#(String(repeating: "k", count: 1 << 20))"]"#),
      "TOO_LARGE"),
    HostileInput(
      "a TTL of a million digits",
      Self.call("kv.set", #"["victim",1,\#(String(repeating: "9", count: 1_000_000))]"#),
      "TTL_INVALID"),
    HostileInput(
      "a step of a thousand digits",
      Self.call("counter.increment", #"["victim",\#(String(repeating: "9", count: 1000))]"#),
      "INVALID_PARAMS"),
    HostileInput(
      "5 MiB", repeatElement(UInt8(ascii: "x"), count: 5 << 20), "TOO_LARGE"),
  ]

  private static func call(_ method: String, _ params: String) -> [UInt8] {
    Array(#"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"#.utf8)
  }

  /// A write of a value whose middle may be any bytes.
  private static func set(_ head: String, _ middle: [UInt8] = [], _ tail: String = "") -> [UInt8] {
    Array(#"{"jsonrpc":"2.0","id":1,"method":"kv.set","params":{"key":"victim","value":"#.utf8)
      + Array(head.utf8) + middle + Array(tail.utf8) + Array("}}".utf8)
  }
}
