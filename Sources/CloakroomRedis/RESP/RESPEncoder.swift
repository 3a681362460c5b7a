internal import CloakroomCore
public import NIOCore

/// Commands to Redis are arrays of bulk strings (RESP2), written straight into the outgoing buffer.
extension ByteBuffer {
  /// Writes the head of a command: its name, and how many arguments follow.
  public mutating func writeCommand(_ name: StaticString, arguments: Int) {
    writeInteger(UInt8(ascii: "*"))
    writeDecimal(arguments + 1)
    writeLineEnd()
    writeArgument(name)
  }

  /// Writes one argument of a command.
  public mutating func writeArgument(_ text: StaticString) {
    writeArgumentHead(count: text.utf8CodeUnitCount)
    writeStaticString(text)
    writeLineEnd()
  }

  /// Writes one argument of a command.
  public mutating func writeArgument(_ text: String) {
    writeArgumentHead(count: text.utf8.count)
    writeString(text)
    writeLineEnd()
  }

  /// Writes one argument of a command.
  public mutating func writeArgument(_ bytes: ByteBuffer) {
    writeArgumentHead(count: bytes.readableBytes)
    writeImmutableBuffer(bytes)
    writeLineEnd()
  }

  /// Writes one argument of a command: a whole number in decimal.
  public mutating func writeArgument(_ number: Int64) {
    writeArgumentHead(count: Self.decimalCount(number))
    writeDecimal(number)
    writeLineEnd()
  }

  private mutating func writeArgumentHead(count: Int) {
    writeInteger(UInt8(ascii: "$"))
    writeDecimal(count)
    writeLineEnd()
  }

  private mutating func writeLineEnd() { writeInteger(UInt16(0x0D0A)) }
}
