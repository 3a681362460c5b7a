public import CloakroomCore
public import NIOCore

/// Writes one command as an array of bulk strings (RESP2), straight into the outgoing buffer.
public struct RESPCommandWriter {
  /// What a bulk string takes beside its bytes: a dollar sign, twenty digits and two line ends.
  public static let bulkOverhead = 25

  @usableFromInline var cursor: ByteCursor

  @inlinable
  init(_ cursor: ByteCursor) { self.cursor = cursor }

  /// Writes what is the same for all commands of a kind, as `*2\r\n$3\r\nGET\r\n`: the number of
  /// parts, and the first of them as bulk strings.
  @inlinable
  @inline(__always)
  public mutating func write(head: StaticString) { cursor.write(head) }

  /// Writes the number of parts, for commands that have as many as they need.
  @inlinable
  public mutating func write(parts: Int) {
    cursor.write("*")
    cursor.writeDecimal(Int64(parts))
    cursor.write("\r\n")
  }

  /// Writes one argument.
  @inlinable
  public mutating func write(_ bytes: ByteBuffer) {
    bytes.withUnsafeReadableBytes { write($0) }
  }

  /// Writes one argument that the program knows.
  @inlinable
  public mutating func write(_ text: StaticString) {
    write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Writes one argument. Not another `write`: a literal would be taken for a string.
  @inlinable
  public mutating func write(string text: String) {
    var text = text
    text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
  }

  /// Writes one argument: a whole number in decimal.
  @inlinable
  public mutating func write(_ number: Int64) {
    let length = ByteBuffer.decimalCount(number)
    writeBulkHead(count: length)
    cursor.writeDecimal(number, length: length)
    cursor.write("\r\n")
  }

  /// Writes one argument.
  @inlinable
  mutating func write(_ bytes: UnsafeRawBufferPointer) {
    writeBulkHead(count: bytes.count)
    cursor.write(bytes)
    cursor.write("\r\n")
  }

  /// Writes what stands before an argument's bytes: how many they are.
  @inlinable
  mutating func writeBulkHead(count: Int) {
    cursor.write("$")
    cursor.writeDecimal(Int64(count))
    cursor.write("\r\n")
  }
}

extension ByteBuffer {
  /// Writes one command.
  ///
  /// - Parameters:
  ///   - payload: as many bytes as the arguments have together, or more.
  ///   - arguments: as many as there are arguments, or more.
  ///   - body: writes the command, and nothing else; called again where it needs more memory than that.
  @inlinable
  public mutating func writeCommand(
    payload: Int, arguments: Int, _ body: (inout RESPCommandWriter) -> Void
  ) {
    // The head of a command has at most 64 bytes: its number of parts and its name.
    let capacity = payload + arguments * RESPCommandWriter.bulkOverhead + 64
    write(atMost: capacity) { cursor in
      var writer = RESPCommandWriter(cursor)
      body(&writer)
      cursor = writer.cursor
    }
  }

  /// Writes a command of a few short parts, its name first; for greetings, not for the hot path.
  public mutating func writeCommand(_ parts: [String]) {
    let payload = parts.reduce(0) { $0 + $1.utf8.count }
    writeCommand(payload: payload, arguments: parts.count) { command in
      command.write(parts: parts.count)
      for part in parts { command.write(string: part) }
    }
  }
}
