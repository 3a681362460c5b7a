import CloakroomWire
import Testing

@Suite("A whole number in JSON")
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

  private static func read(_ text: String) -> Int64? {
    // Not at the text's beginning, as parameters are.
    let bytes = Array("[\(text)]".utf8)
    return JSONNumber.wholeNumber(bytes.span.bytes, ByteRange(1..<bytes.count - 1))
  }
}
