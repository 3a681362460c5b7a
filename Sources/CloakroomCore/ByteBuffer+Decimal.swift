public import NIOCore

extension ByteBuffer {
  /// Writes a whole number in decimal, without a string in between.
  public mutating func writeDecimal(_ number: some FixedWidthInteger) {
    if number >= 0, number < 10 {
      writeInteger(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number))
      return
    }
    var rest = UInt64(number.magnitude)
    let count = Self.decimalCount(rest) + (number < 0 ? 1 : 0)
    writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
      var index = count
      repeat {
        index -= 1
        bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest != 0
      if number < 0 { bytes[0] = UInt8(ascii: "-") }
      return count
    }
  }

  /// How many characters a whole number takes in decimal, its sign counted.
  public static func decimalCount(_ number: some FixedWidthInteger) -> Int {
    var rest = UInt64(number.magnitude)
    var count = number < 0 ? 2 : 1
    while rest >= 10 {
      rest /= 10
      count += 1
    }
    return count
  }
}
