import CloakroomCore
import NIOCore
import Testing

@Suite("A text of several pieces", .timeLimit(.minutes(1)))
struct ByteCursorTests {
  /// Each number of digits with its edges, and numbers whose digits all differ.
  private static let numbers: [Int64] = {
    var numbers: [Int64] = [0, 1_234_567_890, 9_876_543_210_123, .max, .max - 1, .min, .min + 1]
    var power: Int64 = 1
    for _ in 0..<19 {
      numbers += [power - 1, power, power + 1, 10 - power, -power, -power - 1]
      power = power.multipliedReportingOverflow(by: 10).partialValue
    }
    return numbers + (0...1100).flatMap { [$0, -$0] }
  }()

  @Test("has its numbers in decimal, as long as was told beforehand")
  func numbers() {
    for number in Self.numbers {
      var buffer = ByteBuffer(string: "before ")
      buffer.writeDecimal(number)
      #expect(String(buffer: buffer) == "before \(number)")
      #expect(ByteBuffer.decimalCount(number) == "\(number)".utf8.count)
    }
  }

  @Test("never reaches outside of the length that was named for a number")
  func shortLength() {
    for length in 0...4 {
      var buffer = ByteBuffer()
      buffer.write(atMost: 20) {
        $0.write("<")
        $0.writeDecimal(1234, length: length)
        $0.write(">")
      }
      let text = String(buffer: buffer)
      #expect(text.utf8.count == length + 2)
      #expect(text.hasPrefix("<") && text.hasSuffix(">"))
    }
  }

  @Test("is written behind what stands in the buffer, a slice of another one or not")
  func behind() {
    var whole = ByteBuffer(string: "0123456789")
    whole.moveReaderIndex(forwardBy: 2)
    var slice = whole.getSlice(at: 3, length: 4) ?? ByteBuffer()
    for buffer in [whole, slice] {
      var written = buffer
      written.write(atMost: 100) {
        $0.write("/")
        $0.write(whole)
        $0.write(string: "/")
      }
      #expect(String(buffer: written) == String(buffer: buffer) + "/23456789/")
    }
    slice.write(atMost: 0) { _ in }
    #expect(String(buffer: slice) == "3456")
    #expect(String(buffer: whole) == "23456789")
  }
}
