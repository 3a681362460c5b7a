extension LineBuffer {
  /// The longest that one string may become, in bytes before escaping; what is longer is cut and
  /// ends with an ellipsis.
  static var longestString: Int { 1_024 }

  /// Appends a JSON string in quotes, cut when it is too long, with everything escaped that could
  /// end it, end its line, or work a terminal.
  mutating func append(string: String) {
    // Native strings lend their bytes; a bridged one, which Linux has none of, would be copied.
    var string = string
    string.withUTF8 { append(utf8: $0) }
  }

  /// The same for valid UTF-8.
  mutating func append(utf8 bytes: UnsafeBufferPointer<UInt8>) {
    append(UInt8(ascii: "\""))
    if bytes.count > Self.longestString {
      var end = Self.longestString
      // Not within a scalar: bytes of the form 10xxxxxx go on from the one before (RFC 3629).
      while end > 0 && bytes[end] & 0xC0 == 0x80 { end -= 1 }
      append(escaping: UnsafeBufferPointer(rebasing: bytes[..<end]))
      append("…")
    } else {
      append(escaping: bytes)
    }
    append(UInt8(ascii: "\""))
  }

  private mutating func append(escaping bytes: UnsafeBufferPointer<UInt8>) {
    var clean = 0
    var position = Self.lengthOfCleanBlocks(bytes)
    while position < bytes.count {
      let byte = bytes[position]
      guard Self.needsEscape(byte) else {
        position += 1
        continue
      }
      append(UnsafeBufferPointer(rebasing: bytes[clean..<position]))
      let next = position + 1 < bytes.count ? bytes[position + 1] : 0
      position += append(escaping: byte, next: next)
      clean = position
    }
    append(UnsafeBufferPointer(rebasing: bytes[clean...]))
  }

  /// Whether a byte of UTF-8 can't stand in a string as it is.
  ///
  /// Beside what RFC 8259, section 7, asks for, DEL and the C1 controls (which begin with the byte
  /// C2) are escaped: a log is read on terminals, and those obey them.
  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F || byte == 0xC2
  }

  /// How many bytes from the start on, by 8 at a time, need no look at each of them.
  private static func lengthOfCleanBlocks(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let raw = UnsafeRawBufferPointer(bytes)
    var position = 0
    while position + 8 <= bytes.count {
      let block = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      let dirty =
        (block &- 0x2020_2020_2020_2020) & ~block
        | zeros(block ^ 0x2222_2222_2222_2222) | zeros(block ^ 0x5C5C_5C5C_5C5C_5C5C)
        | zeros(block ^ 0x7F7F_7F7F_7F7F_7F7F) | zeros(block ^ 0xC2C2_C2C2_C2C2_C2C2)
      if dirty & 0x8080_8080_8080_8080 != 0 { break }
      position += 8
    }
    return position
  }

  /// Sets the top bit of some byte if, and only if, a byte is zero; `hasless` above is its kin for
  /// bytes below a bound (Anderson, "Bit Twiddling Hacks").
  @inline(__always)
  private static func zeros(_ block: UInt64) -> UInt64 {
    (block &- 0x0101_0101_0101_0101) & ~block
  }

  /// Appends what stands for a byte, or for it and the next one, and answers how many it stood for.
  private mutating func append(escaping byte: UInt8, next: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "\""): append("\\\"")
    case UInt8(ascii: "\\"): append("\\\\")
    case UInt8(ascii: "\n"): append("\\n")
    case UInt8(ascii: "\r"): append("\\r")
    case UInt8(ascii: "\t"): append("\\t")
    case 0xC2:
      // C2 80 to C2 9F are U+0080 to U+009F; from C2 A0 on it is an ordinary scalar.
      guard next < 0xA0 else {
        append(byte)
        return 1
      }
      append(code: next)
      return 2
    default: append(code: byte)
    }
    return 1
  }

  private mutating func append(code: UInt8) {
    append("\\u00")
    append(Self.hexadecimalDigit(code >> 4))
    append(Self.hexadecimalDigit(code & 15))
  }
}
