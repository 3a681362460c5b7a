import NIOCore
import Testing

@testable import CloakroomStore

@Suite("A counter's text", .timeLimit(.minutes(1)))
struct DecimalTextTests {
  @Test(
    "is read as the number that it was written for",
    arguments: [
      0, 1, -1, 9, -9, 10, 9_007_199_254_740_993, -9_007_199_254_740_993, .max, .max - 1, .min,
      .min + 1,
    ] as [Int64])
  func roundTrip(number: Int64) {
    var buffer = ByteBuffer(string: "what was there before")
    DecimalText.replace(&buffer, with: number)
    #expect(String(buffer: buffer) == "\(number)")
    #expect(buffer.readableBytes <= DecimalText.longest)
    #expect(DecimalText.number(in: buffer) == number)
  }

  @Test(
    "is no other text than that",
    arguments: [
      "", "-", "+1", "01", "-01", "-0", "1 ", "1.0", "a", "9223372036854775808",
      "-9223372036854775809", "92233720368547758070", "000000000000000000000",
    ])
  func refused(text: String) {
    #expect(DecimalText.number(in: ByteBuffer(string: text)) == nil)
  }
}
