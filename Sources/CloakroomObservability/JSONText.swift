/// Appends JSON to bytes, one piece at a time and without anything in between.
enum JSONText {
  /// The longest that one string may become, in bytes before escaping; what is longer is cut and
  /// ends with an ellipsis.
  static let longestString = 1_024

  private static let digits = [UInt8]("0123456789abcdef".utf8)

  /// Which bytes of UTF-8 can't stand in a string as they are.
  ///
  /// Beside what RFC 8259, section 7, asks for, DEL and the C1 controls (which begin with the byte
  /// C2) are escaped: a log is read on terminals, and those obey them.
  private static let needsEscape: [Bool] = (0..<256).map { byte in
    byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F || byte == 0xC2
  }

  /// Appends a whole number.
  static func append(_ number: UInt64, to text: inout [UInt8]) {
    var length = 1
    var bound: UInt64 = 10
    while number >= bound {
      length += 1
      // 20 digits are the most there are, and 10 to the 20th doesn't fit.
      guard length < 20 else { break }
      bound *= 10
    }
    let end = text.count + length
    text.append(contentsOf: repeatElement(0, count: length))
    var rest = number
    var position = end
    repeat {
      position -= 1
      text[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
  }

  /// Appends a whole number that may be negative.
  static func append(_ number: Int64, to text: inout [UInt8]) {
    if number < 0 { text.append(UInt8(ascii: "-")) }
    append(number.magnitude, to: &text)
  }

  /// Appends 16 hexadecimal digits.
  static func appendHex(_ number: UInt64, to text: inout [UInt8]) {
    for shift in stride(from: 60, through: 0, by: -4) {
      text.append(digits[Int(truncatingIfNeeded: number >> UInt64(shift) & 15)])
    }
  }

  /// Appends a string in quotes, cut when it is too long, with everything escaped that could end it,
  /// end its line, or work a terminal.
  static func append(string: String, to text: inout [UInt8]) {
    let done: Void? = string.utf8.withContiguousStorageIfAvailable { append(utf8: $0, to: &text) }
    if done == nil {
      Array(string.utf8).withUnsafeBufferPointer { append(utf8: $0, to: &text) }
    }
  }

  /// The same for valid UTF-8.
  static func append(utf8 bytes: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    var end = bytes.count
    if end > longestString {
      end = longestString
      // Not within a scalar: bytes of the form 10xxxxxx go on from the one before (RFC 3629).
      while end > 0 && bytes[end] & 0xC0 == 0x80 { end -= 1 }
    }
    var clean = 0
    var position = 0
    while position < end {
      let byte = bytes[position]
      if needsEscape[Int(byte)] {
        text.append(contentsOf: bytes[clean..<position])
        position += appendEscape(byte, next: position + 1 < end ? bytes[position + 1] : 0, &text)
        clean = position
      } else {
        position += 1
      }
    }
    text.append(contentsOf: bytes[clean..<end])
    if end < bytes.count { text.append(contentsOf: "…".utf8) }
    text.append(UInt8(ascii: "\""))
  }

  /// Appends what stands for a byte, or for it and the next one, and answers how many it stood for.
  private static func appendEscape(_ byte: UInt8, next: UInt8, _ text: inout [UInt8]) -> Int {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      text.append(UInt8(ascii: "\\"))
      text.append(byte)
    case UInt8(ascii: "\n"): text.append(contentsOf: "\\n".utf8)
    case UInt8(ascii: "\r"): text.append(contentsOf: "\\r".utf8)
    case UInt8(ascii: "\t"): text.append(contentsOf: "\\t".utf8)
    case 0xC2:
      // C2 80 to C2 9F are U+0080 to U+009F; from C2 A0 on it is an ordinary scalar.
      guard next < 0xA0 else {
        text.append(byte)
        return 1
      }
      appendCode(next, &text)
      return 2
    default: appendCode(byte, &text)
    }
    return 1
  }

  private static func appendCode(_ code: UInt8, _ text: inout [UInt8]) {
    text.append(contentsOf: "\\u00".utf8)
    text.append(digits[Int(code >> 4)])
    text.append(digits[Int(code & 15)])
  }
}
