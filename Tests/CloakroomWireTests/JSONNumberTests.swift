import CloakroomWire
import Testing

@Suite("A whole number in JSON", .timeLimit(.minutes(1)))
struct JSONNumberTests {
  @Test(
    "is read when 64 bits hold it",
    arguments: [
      ("0", 0), ("-0", 0), ("7", 7), ("3600", 3600), ("-42", -42),
      ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
    ])
  func fits(text: String, number: Int64) {
    #expect(Self.read(text) == number)
  }

  @Test(
    "is none when it has a fraction, an exponent or more than 64 bits",
    arguments: [
      "1.0", "1e3", "1E3", "-", "", "9223372036854775808", "-9223372036854775809",
      "92233720368547758070", "100000000000000000000000",
    ])
  func doesNotFit(text: String) {
    #expect(Self.read(text) == nil)
  }

  @Test("is read whatever its length, wherever it stands, and whatever stands around it")
  func anyLength() {
    for count in 1...18 {
      let digits = String("123456789012345678".prefix(count))
      for before in 0...9 {
        for behind in ["", "0", ",\"9999\"]"] {
          let bytes = Array((String(repeating: "9", count: before) + digits + behind).utf8)
          let range = ByteRange(before..<before + count)
          let number = JSONNumber.wholeNumber(bytes.span.bytes, range)
          #expect(number == Int64(digits))
        }
      }
      for place in 0..<count {
        for byte in [UInt8(ascii: "/"), UInt8(ascii: ":"), 0x00, 0x80, 0xB0, 0xFF] {
          var bytes = Array(digits.utf8)
          bytes[place] = byte
          let number = JSONNumber.wholeNumber(bytes.span.bytes, ByteRange(0..<count))
          #expect(number == nil, "byte \(byte) at \(place) of \(count)")
        }
      }
    }
  }

  private static func read(_ text: String) -> Int64? {
    // Not at the text's beginning, as parameters are.
    let bytes = Array("[\(text)]".utf8)
    return JSONNumber.wholeNumber(bytes.span.bytes, ByteRange(1..<bytes.count - 1))
  }
}
