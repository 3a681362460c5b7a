internal import CloakroomCore
public import NIOCore

/// Commands to Redis are arrays of bulk strings (RESP2), written straight into the outgoing buffer.
extension ByteBuffer {
  /// Writes the head of a command: its name, and how many arguments follow.
  public mutating func writeCommand(_ name: StaticString, arguments: Int) {
    writeInteger(UInt8(ascii: "*"))
    writeDecimal(arguments + 1)
    writeInteger(Self.lineEnd)
    writeArgument(name)
  }

  /// Writes one argument of a command.
  public mutating func writeArgument(_ text: StaticString) {
    writeBulk(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Writes one argument of a command.
  public mutating func writeArgument(_ text: String) {
    var text = text
    text.withUTF8 { writeBulk(UnsafeRawBufferPointer($0)) }
  }

  /// Writes one argument of a command.
  public mutating func writeArgument(_ bytes: ByteBuffer) {
    bytes.withUnsafeReadableBytes { writeBulk($0) }
  }

  /// Writes one argument of a command: a whole number in decimal.
  public mutating func writeArgument(_ number: Int64) {
    writeInteger(UInt8(ascii: "$"))
    writeDecimal(Self.decimalCount(number))
    writeInteger(Self.lineEnd)
    writeDecimal(number)
    writeInteger(Self.lineEnd)
  }

  private static var lineEnd: UInt16 { 0x0D0A }
  /// A dollar sign, twenty digits and two line ends.
  private static var bulkOverhead: Int { 25 }

  /// Writes a bulk string in one go: its length, its bytes, and the line ends behind them.
  private mutating func writeBulk(_ bytes: UnsafeRawBufferPointer) {
    writeWithUnsafeMutableBytes(minimumWritableBytes: bytes.count + Self.bulkOverhead) { output in
      output[0] = UInt8(ascii: "$")
      let digits = Self.decimalCount(bytes.count)
      var rest = bytes.count
      for index in stride(from: digits, to: 0, by: -1) {
        output[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      output.storeBytes(of: Self.lineEnd.bigEndian, toByteOffset: digits + 1, as: UInt16.self)
      let start = digits + 3
      UnsafeMutableRawBufferPointer(rebasing: output[start..<start + bytes.count])
        .copyMemory(from: bytes)
      output.storeBytes(
        of: Self.lineEnd.bigEndian, toByteOffset: start + bytes.count, as: UInt16.self)
      return start + bytes.count + 2
    }
  }
}
