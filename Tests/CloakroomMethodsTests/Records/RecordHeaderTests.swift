import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("A record's header", .timeLimit(.minutes(1)))
struct RecordHeaderTests {
  private static let start = #"{"v":"AAAAAAAAAAA""#

  private static func split(_ record: String) -> (header: RecordHeader, data: ByteBuffer)? {
    // Not at the buffer's beginning, as those are that come from a socket.
    var bytes = ByteBuffer(string: "12" + record)
    bytes.moveReaderIndex(forwardBy: 2)
    return RecordHeader.split(bytes)
  }

  /// A header with some members more.
  private static func header(_ members: String) -> RecordHeader? {
    split("\(start),\(members)}\n")?.header
  }

  @Test(
    "ends at the first line break, and data are whatever is behind it",
    arguments: ["", "1", "\n", "\n\n{}", "{\"v\":\"BBBBBBBBBBB\"}\n2", "\u{0}\u{1F642}\r\n"])
  func data(text: String) throws {
    let (header, data) = try #require(Self.split(Self.start + ",\"kind\":\"sheet\"}\n" + text))
    #expect(String(buffer: data) == text)
    #expect(header.isOf("sheet"))
    #expect(!header.isOf("shee") && !header.isOf("sheets") && !header.isOf("v"))
  }

  @Test(
    "is none of what is no record",
    arguments: [
      "", "\n", "{}", "{}\n", "x\n1", start, start + "}", start + "\n}", start + ",\n",
      "{\"v\":\"AAAAAAAAAA\"}\n", "{\"v\":\"AAAAAAAAAA!\"}\n", "{\"V\":\"AAAAAAAAAAA\"}\n",
      " {\"v\":\"AAAAAAAAAAA\"}\n", "{ \"v\":\"AAAAAAAAAAA\"}\n", "[\"v\",\"AAAAAAAAAAA\"]\n",
    ])
  func noRecord(text: String) {
    #expect(Self.split(text) == nil)
  }

  @Test(
    "has so many members at most",
    arguments: [
      (RecordHeader.mostMembers - 1, true), (RecordHeader.mostMembers, false), (1000, false),
    ])
  func members(count: Int, isRecord: Bool) {
    // Beside its version.
    let members = (0..<count).map { "\"m\($0)\":\($0)" }.joined(separator: ",")
    let header = Self.header(members)
    #expect((header != nil) == isRecord)
    #expect(header?.number("m17") == (isRecord ? 17 : nil))
  }

  @Test(
    "has whole numbers from 0 to more than there is any use for, and no others",
    arguments: [
      ("0", 0), ("-0", 0), ("1", 1), ("-1", nil),
      ("1152921504606846975", RecordHeader.mostNumber - 1), ("1152921504606846976", nil),
      ("9223372036854775807", nil), ("-9223372036854775808", nil), ("9223372036854775808", nil),
      ("-9223372036854775809", nil), ("99999999999999999999999", nil),
      ("-99999999999999999999999", nil), ("1.0", nil), ("1e3", nil), ("1E3", nil), ("-1.5", nil),
      ("\"1\"", nil), ("null", nil), ("true", nil), ("[1]", nil), ("{}", nil), ("\"\"", nil),
    ] as [(String, Int64?)])
  func numbers(text: String, number: Int64?) throws {
    let header = try #require(Self.header("\"n\":\(text)"))
    #expect(header.number("n") == number)
    #expect(header.number("m") == nil)
  }

  @Test(
    "has strings, with whatever escapes",
    arguments: [
      (#""""#, ""), (#""form""#, "form"), (#""a\"b\\c\/d""#, "a\"b\\c/d"),
      (#""\n\t\u0000\u001f""#, "\n\t\u{0}\u{1F}"), (#""\u00e9\uD83D\uDE42é🙂""#, "é🙂é🙂"),
      ("1", nil), ("null", nil), ("true", nil), ("[\"a\"]", nil), ("{\"a\":\"b\"}", nil),
    ] as [(String, String?)])
  func texts(text: String, string: String?) throws {
    let header = try #require(Self.header("\"t\":\(text)"))
    #expect(header.text("t") == string)
    #expect(header.text("u") == nil)
  }

  @Test("has the kind as a plain string only", arguments: ["1", "null", "[\"sheet\"]", "\"\""])
  func kinds(text: String) throws {
    let header = try #require(Self.header("\"kind\":\(text)"))
    #expect(!header.isOf("sheet"))
  }

  @Test("is written as it is read, and leaves out what there is none of")
  func written() throws {
    let version = RecordVersion(.random(in: .min ... .max))
    var writer = RecordHeaderWriter(version, kind: "sheet", room: 0)
    let text = "\"quotes\" \\ / \n\r\t\u{0}\u{1F}\u{7F}\u{2028} caf\u{e9} \u{1F642}"
    writer.write("text", text)
    writer.write("least", 0)
    writer.write("most", RecordHeader.mostNumber - 1)
    writer.write("none", nil)
    writer.write("zero", unlessZero: 0)
    writer.write("one", unlessZero: 1)
    let record = writer.record(ByteBuffer(string: "\ndata"))
    #expect(RecordVersion(of: record) == version)
    let (header, data) = try #require(RecordHeader.split(record))
    #expect(String(buffer: data) == "\ndata")
    #expect(header.isOf("sheet"))
    #expect(header.text("text") == text)
    #expect(header.number("least") == 0 && header.number("most") == RecordHeader.mostNumber - 1)
    #expect(header.number("one") == 1)
    for name in ["none", "zero"] as [StaticString] {
      #expect(header.text(name) == nil && header.number(name) == nil)
    }
    #expect(!String(buffer: record).contains("zero"))
  }
}
