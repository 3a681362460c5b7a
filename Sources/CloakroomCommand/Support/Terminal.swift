import Glibc

/// The standard streams as bytes.
enum Terminal {
  enum Stream: Int32 {
    case input = 0
    case output = 1
    case error = 2

    /// Whether a person sits at the other end.
    var isTerminal: Bool { isatty(rawValue) == 1 }
  }

  /// A text without what a terminal would take for commands: control characters, DEL and C1 among them, are
  /// written as JSON escapes them, so that JSON stays what it is. So is a carriage return that ends no line: what
  /// follows it would be written over what stands before it.
  static func escaped(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      let byte = text[index]
      let next = text.index(after: index)
      if byte == 0xC2, next < text.endIndex, (0x80...0x9F).contains(text[next]) {
        result += escape(text[next])
        index = next
      } else if byte == 0x0D, next < text.endIndex, text[next] == 0x0A {
        result.append(byte)
      } else if byte == 0x7F || (byte < 0x20 && byte != 0x0A && byte != 0x09) {
        result += escape(byte)
      } else {
        result.append(byte)
      }
      index = text.index(after: index)
    }
    return result
  }

  private static func escape(_ character: UInt8) -> [UInt8] {
    let digits = String(character, radix: 16)
    return Array("\\u00\(digits.count == 1 ? "0" : "")\(digits)".utf8)
  }

  /// Writes all of it, unless nobody reads any more.
  static func write(_ bytes: [UInt8], to stream: Stream) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(stream.rawValue, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        return
      }
    }
  }
}
