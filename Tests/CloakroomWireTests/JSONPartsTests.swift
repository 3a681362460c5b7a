import CloakroomWire
import Testing

@Suite("The parts of an object or array", .timeLimit(.minutes(1)))
struct JSONPartsTests {
  /// The parts of a piece of a text as strings, `name=value` for members.
  static func parts(
    _ text: String, _ range: Range<Int>? = nil, atMost limit: Int = 100
  ) -> [String]? {
    let bytes = Array(text.utf8)
    let range = ByteRange(range ?? 0..<bytes.count)
    return JSONParts.of(range, in: bytes.span.bytes, atMost: limit)?.map { part in
      let value = String(decoding: bytes[part.value.offsets], as: UTF8.self)
      guard text.utf8.dropFirst(range.start).first == UInt8(ascii: "{") else { return value }
      return "\(String(decoding: bytes[part.name.offsets], as: UTF8.self))=\(value)"
    }
  }

  @Test(
    "are its members or elements in their order, as they were written",
    arguments: [
      ("{}", []), ("[]", []), ("{ }", []), ("[\n]", []),
      ("[1]", ["1"]),
      (
        "[ 1 , \"a\" ,[2, 3] , {\"x\":[]} , null ]", ["1", "\"a\"", "[2, 3]", "{\"x\":[]}", "null"]
      ),
      ("{\"a\":1,\"b\":{\"c\":[1,2]}}", ["a=1", "b={\"c\":[1,2]}"]),
      ("{ \"a\" : 1e400 , \"\" : \"}\" }", ["a=1e400", "=\"}\""]),
      ("[\"]\",\",\"]", ["\"]\"", "\",\""]),
      ("{\"a\":1,\"a\":2}", ["a=1", "a=2"]),
      ("{\"\\u0061\":\"\\\"\"}", ["\\u0061=\"\\\"\""]),
    ] as [(String, [String])])
  func found(text: String, expected: [String]) {
    #expect(Self.parts(text) == expected)
  }

  @Test("lie where they do in the whole text, not in the piece")
  func offsets() {
    let text = "{\"params\":[\"ä\",{\"b\":2}]}"
    #expect(Self.parts(text, 10..<24) == ["\"ä\"", "{\"b\":2}"])
    #expect(Self.parts(text, 16..<23) == ["b=2"])
  }

  @Test(
    "are none when the range holds no whole object or array",
    arguments: [
      "", "1", "\"1\"", "true", "{", "[", "}", "]", "[]]", "{]", "[}", "[1}", "{\"a\":1]", "(1)",
      " []", "[] ", "[1 2]", "[1;2]", "[1,]", "[,1]", "[,]", "[1,,2]", "{\"a\":1,}", "{,}",
      "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{a:1}", "{1:1}", "[\"a]", "[\"\\]", "[01]", "[tru]",
      "[[]", "[\"\u{1}\"]", "{\"a\":1 \"b\":2}",
    ])
  func refused(text: String) {
    #expect(Self.parts(text) == nil)
  }

  @Test(
    "are none when the range passes the text's end",
    arguments: [0..<8, 7..<9, 8..<9, 0..<Int(UInt32.max), 3..<3, 7..<7] as [Range<Int>])
  func outside(range: Range<Int>) {
    #expect(Self.parts("[[1],2]", range) == nil)
  }

  @Test(
    "are none when there are more than the limit, and all when there are just as many",
    arguments: [
      (0, false), (1, false), (2, false), (3, true), (4, true), (-1, false), (.max, true),
    ])
  func limit(limit: Int, fits: Bool) {
    #expect((Self.parts("[1,2,3]", atMost: limit) != nil) == fits)
    #expect((Self.parts("{\"a\":1,\"b\":2,\"c\":3}", atMost: limit) != nil) == fits)
    #expect(Self.parts("[ ]", atMost: limit) == [])
  }

  @Test("are found however deep their insides are nested, up to the scanner's greatest depth")
  func nesting() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    for depth in [1, 63, 64, 65, 128, 2048] {
      #expect(Self.parts("[1,\(nested(depth))]") == ["1", nested(depth)])
    }
    #expect(Self.parts("[1,\(nested(2049))]") == nil)
  }

  @Test("tell their kind, their escapes and their line breaks")
  func properties() throws {
    let text = Array("{\"a\\n\":\"x\",\"b\":\"\\n\",\"c\":[1,\n2],\"d\":-1,\n\"e\":false}".utf8)
    let found = JSONParts.of(ByteRange(0..<text.count), in: text.span.bytes, atMost: 5)
    let parts = try #require(found)
    #expect(parts.map(\.kind) == [.string, .string, .array, .number, .false])
    #expect(parts.map(\.nameHasEscapes) == [true, false, false, false, false])
    #expect(parts.map(\.hasEscapes) == [false, true, false, false, false])
    #expect(parts.map(\.hasLineBreaks) == [false, false, true, false, false])
  }
}
