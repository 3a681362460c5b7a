import CloakroomWire
import NIOCore
import Testing

@Suite("JSON strings", .timeLimit(.minutes(1)))
struct JSONStringTests {
  private func decode(_ content: String) throws(JSONFault) -> String {
    let bytes = Array(content.utf8)
    var decoded: [UInt8] = []
    try JSONString.decode(bytes.span.bytes, ByteRange(0..<bytes.count), into: &decoded)
    return String(decoding: decoded, as: UTF8.self)
  }

  @Test(
    "Escapes are decoded",
    arguments: [
      ("", ""), ("plain", "plain"), (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
      (#"a\nb"#, "a\nb"), (#"\u0041\u00e9\u20AC\uFFFF"#, "Aé€\u{ffff}"), (#"\u0000"#, "\0"),
      (#"\ud83d\ude00"#, "😀"), (#"x\uD800\uDC00\uDBFF\uDFFFy"#, "x\u{10000}\u{10ffff}y"),
      ("é😀", "é😀"), (#"\\u0041"#, #"\u0041"#), (#"\\\\"#, #"\\"#),
    ] as [(String, String)])
  func decodes(content: String, expected: String) throws {
    #expect(try decode(content) == expected)
  }

  @Test(
    "Half of a surrogate pair has nothing to decode to",
    arguments: [
      (#"\ud800"#, 0), (#"ab\udc00"#, 2), (#"\ud800x"#, 0), (#"\ud800\n"#, 0),
      (#"\ud800\u0041"#, 0),
      (#"\ud800\ud800\udc00"#, 0), (#"\udc00\ud800"#, 0), (#"\ud83d\ude00\udbff"#, 12),
    ] as [(String, Int)])
  func refusesLoneSurrogates(content: String, offset: Int) {
    #expect(throws: JSONFault.loneSurrogate(at: offset)) { try decode(content) }
  }

  @Test(
    "Content that was never scanned is refused, not trusted",
    arguments: [
      (#"\"#, 1), (#"\x"#, 1), (#"\u"#, 2), (#"\u12"#, 4), (#"\u12g4"#, 4), (#"\ud800\u"#, 8),
      (#"\ud800\u12"#, 10),
    ] as [(String, Int)])
  func refusesBadEscapes(content: String, offset: Int) {
    #expect(throws: JSONFault.syntax(at: offset)) { try decode(content) }
  }

  @Test("A range outside of the text is refused")
  func refusesBadRanges() {
    let text = "abc"
    var output: [UInt8] = []
    #expect(throws: JSONFault.outOfBounds) {
      try JSONString.decode(Array(text.utf8).span.bytes, ByteRange(0..<4), into: &output)
    }
    #expect(output.isEmpty)
    #expect(!ByteRange(1..<4).holds("bcd", in: text))
    #expect(ByteRange(1..<3).holds("bc", in: text))
    #expect(!ByteRange(1..<3).holds("bd", in: text))
    #expect(!ByteRange(1..<3).holds("b", in: text))
  }

  @Test(
    "Strings are quoted with no more escapes than needed",
    arguments: [
      ("", #""""#), ("plain", #""plain""#), ("\"\\/", #""\"\\/""#),
      ("\u{8}\u{c}\n\r\t", #""\b\f\n\r\t""#),
      ("\0\u{1}\u{f}\u{10}\u{1f}", #""\u0000\u0001\u000f\u0010\u001f""#),
      ("\u{7f}é€😀\u{2028}", "\"\u{7f}é€😀\u{2028}\""), ("a\"b\"c", #""a\"b\"c""#),
    ] as [(String, String)])
  func quotes(string: String, expected: String) throws {
    var buffer = ByteBuffer()
    buffer.writeJSONString(string)
    #expect(String(buffer: buffer) == expected)
    var output: [UInt8] = []
    JSONString.quote(string, into: &output)
    #expect(String(decoding: output, as: UTF8.self) == expected)
    #expect(scanned(output) == .success(.string))
    #expect(try decode(String(expected.dropFirst().dropLast())) == string)
  }

  @Test("A string of any length is quoted alike, with whatever has to be escaped at any place")
  func quotesAnywhere() {
    for length in 0..<48 {
      for special in ["x", "\"", "\\", "\n", "\u{0}", "\u{1F}", "\u{7F}", "é"] {
        for place in 0..<max(length, 1) {
          let string =
            String(repeating: "a", count: place) + special
            + String(repeating: "b", count: max(length - place - 1, 0))
          var buffer = ByteBuffer()
          buffer.writeJSONString(string)
          var output: [UInt8] = []
          JSONString.quote(string, into: &output)
          #expect(buffer.readableBytesView.elementsEqual(output), "\(string)")
        }
      }
    }
    var buffer = ByteBuffer()
    buffer.writeJSONString("")
    #expect(String(buffer: buffer) == "\"\"")
  }

  @Test("Bytes that are not UTF-8 are quoted as replacement characters")
  func quotesBytes() throws {
    let bytes: [UInt8] = [0x61, 0xFF, 0x22, 0xED, 0xA0, 0x80, 0x62]
    var buffer = ByteBuffer()
    buffer.writeJSONString(bytes.span.bytes)
    #expect(scanned(String(buffer: buffer)) == .success(.string))
    #expect(String(buffer: buffer).hasPrefix("\"a\u{fffd}\\\""))
    #expect(String(buffer: buffer).hasSuffix("b\""))
    var plain = ByteBuffer()
    plain.writeJSONString(Array("é😀".utf8).span.bytes)
    #expect(String(buffer: plain) == "\"é😀\"")
  }

  @Test("Pieces of a text are copied and sliced by their ranges")
  func copiesRanges() {
    var text = ByteBuffer(string: #"xx["a\u0062",1]"#)
    text.moveReaderIndex(forwardBy: 2)
    var output = ByteBuffer()
    output.writeBytes(ByteRange(1..<10), of: text.readableBytesSpan)
    #expect(String(buffer: output) == #""a\u0062""#)
    output.writeBytes(ByteRange(0..<14), of: text.readableBytesSpan)
    #expect(String(buffer: output) == #""a\u0062""#)
    #expect(text.slice(ByteRange(11..<12)) == ByteBuffer(string: "1"))
    #expect(text.slice(ByteRange(0..<14)) == nil)
  }

  @Test("A value with line breaks goes into one line as the same value")
  func writesOnOneLine() {
    let text = ByteBuffer(string: "[1,\r\n{\"a\":\n\"\\n\"}]")
    var output = ByteBuffer(string: "\n")
    output.writeOnOneLine(ByteRange(0..<text.readableBytes), of: text.readableBytesSpan)
    #expect(String(buffer: output) == "\n[1,  {\"a\": \"\\n\"}]")
  }

  @Test(
    "A range holds a literal only if all of its bytes do",
    arguments: [
      "", "a", "ab", "abc", "abcd", "abcde", "abcdefg", "abcdefgh", "abcdefghi", "abcdefghijklmno",
      "abcdefghijklmnop", "abcdefghijklmnopq", "abcdefghijklmnopqrstuvwxyz",
    ] as [StaticString])
  func comparesLiterals(literal: StaticString) {
    let text = "\(literal)"
    let range = ByteRange(3..<3 + text.utf8.count)
    #expect(range.holds(literal, in: "---\(text)"))
    #expect(range.holds(literal, in: "---\(text)---"))
    #expect(!ByteRange(3..<4 + text.utf8.count).holds(literal, in: "---\(text)---"))
    for place in 0..<text.utf8.count {
      var other = Array("---\(text)".utf8)
      other[3 + place] ^= 0x20
      let holds = range.holds(literal, in: other.span.bytes)
      #expect(!holds)
    }
  }
}
