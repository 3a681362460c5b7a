package import NIOCore

/// A counter's value as the text that is stored: a signed 64-bit number in decimal.
///
/// Only the canonical form is a number, as for Redis' INCRBY: no plus sign, no leading zero, no
/// `-0`, no white space.
package enum DecimalText {
  /// The number of characters of the longest number, `-9223372036854775808`.
  static let longest = 20

  /// The number that a text stands for, or nil when it is not the canonical text of one.
  package static func number(in text: ByteBuffer) -> Int64? {
    text.withUnsafeReadableBytes { bytes in
      guard let first = bytes.first, bytes.count <= longest else { return nil }
      let isNegative = first == UInt8(ascii: "-")
      let digits = bytes.dropFirst(isNegative ? 1 : 0)
      guard let leading = digits.first else { return nil }
      if leading == UInt8(ascii: "0") { return bytes.count == 1 ? 0 : nil }
      return number(of: digits, isNegative: isNegative)
    }
  }

  /// Adds downwards for a negative number: the least Int64 has no positive counterpart.
  private static func number(of digits: Slice<UnsafeRawBufferPointer>, isNegative: Bool) -> Int64? {
    var number: Int64 = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      let step = Int64(digit - UInt8(ascii: "0"))
      let (tenfold, tooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, overflow) =
        isNegative
        ? tenfold.subtractingReportingOverflow(step) : tenfold.addingReportingOverflow(step)
      guard !tooLarge, !overflow else { return nil }
      number = sum
    }
    return number
  }

  /// Writes a number over what the buffer held.
  static func replace(_ buffer: inout ByteBuffer, with number: Int64) {
    buffer.clear()
    buffer.writeString(String(number))
  }
}
