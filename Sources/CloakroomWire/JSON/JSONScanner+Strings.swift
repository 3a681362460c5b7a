// The callers of everything here have checked `0 <= at`, `end <= text.byteCount` and
// `end <= longestText`; each function compares an offset with `end` before it reads there.
extension JSONScanner {
  /// A string's content: up to the closing quote, which is at `end`.
  struct StringContent {
    let end: Int
    let hasEscapes: Bool
  }

  /// Scans a string's content from behind its opening quote. Most strings are names and end
  /// within the first eight bytes: those are worth being inlined.
  @inline(__always)
  static func scanString(
    _ text: RawSpan, _ start: Int, _ end: Int
  ) throws(JSONFault) -> StringContent {
    if start &+ 8 <= end {
      let special = specialBytes(in: text.word(start))
      let at = start &+ special.trailingZeroBitCount &>> 3
      if special == 0 { return try scanLongString(text, start &+ 8, end) }
      if text.byte(at) == ASCII.quote { return StringContent(end: at, hasEscapes: false) }
    }
    return try scanLongString(text, start, end)
  }

  /// Scans a string's content of any length: 32 bytes at a time as long as all of them are plain
  /// characters, then eight.
  @inline(never)
  private static func scanLongString(
    _ text: RawSpan, _ start: Int, _ end: Int
  ) throws(JSONFault) -> StringContent {
    var at = start
    var hasEscapes = false
    while true {
      var special: UInt64 = 0
      while at &+ 32 <= end, isPlain(text, at) { at &+= 32 }
      while at &+ 8 <= end {
        special = specialBytes(in: text.word(at))
        if special != 0 { break }
        at &+= 8
      }
      if special == 0 {
        guard at < end else { break }
        special = specialBytes(in: text.lastWord(at, end))
      }
      at &+= special.trailingZeroBitCount &>> 3
      guard at < end else { break }
      let byte = text.byte(at)
      if byte == ASCII.quote { return StringContent(end: at, hasEscapes: hasEscapes) }
      if byte == ASCII.backslash {
        hasEscapes = true
        at = try skipEscape(text, at, end)
      } else if byte >= 0x80 {
        at = try skipNonASCII(text, at, end)
      } else {
        break
      }
    }
    throw .syntax(at: min(at, end))
  }

  /// Whether the 32 bytes from an offset on are plain characters: `marks` for four words at once.
  @inline(__always)
  private static func isPlain(_ text: RawSpan, _ at: Int) -> Bool {
    let words = text.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: SIMD4<UInt64>.self)
    let ones = SIMD4<UInt64>(repeating: 0x0101_0101_0101_0101)
    let control = words &- SIMD4(repeating: 0x2020_2020_2020_2020)
    let quote = (words ^ SIMD4(repeating: 0x2222_2222_2222_2222)) &- ones
    let backslash = (words ^ SIMD4(repeating: 0x5C5C_5C5C_5C5C_5C5C)) &- ones
    let marks = control | quote | backslash | words
    let either = marks.lowHalf | marks.highHalf
    return (either[0] | either[1]) & highestBits == 0
  }

  /// Marks, by its highest bit, the first byte of eight that ends a run of plain characters: a
  /// quote, a backslash, a control character or one of a longer UTF-8 sequence. Bytes above the
  /// first marked one may be marked wrongly, those below it never are, so only the lowest mark
  /// counts.
  ///
  @inline(__always)
  static func specialBytes(in word: UInt64) -> UInt64 { marks(in: word) & highestBits }

  /// The highest bit of each byte.
  private static var highestBits: UInt64 { 0x8080_8080_8080_8080 }

  /// The marks, in the highest bits; the other bits mean nothing.
  ///
  /// The tests are "haszero" and "hasless" of Sean Eron Anderson's Bit Twiddling Hacks, without the
  /// part that leaves out bytes whose highest bit is set: those are special too.
  @inline(__always)
  private static func marks(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let control = word &- 0x2020_2020_2020_2020
    let quote = (word ^ 0x2222_2222_2222_2222) &- ones
    let backslash = (word ^ 0x5C5C_5C5C_5C5C_5C5C) &- ones
    return control | quote | backslash | word
  }

  /// Skips the escape whose backslash is at `at`.
  private static func skipEscape(
    _ text: RawSpan, _ at: Int, _ end: Int
  ) throws(JSONFault) -> Int {
    guard at &+ 1 < end else { throw .syntax(at: end) }
    switch text.byte(at &+ 1) {
    case ASCII.quote, ASCII.backslash, ASCII.slash,
      UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
      UInt8(ascii: "t"):
      return at &+ 2
    case UInt8(ascii: "u"):
      _ = try hexadecimal(text, at &+ 2, end)
      return at &+ 6
    default:
      throw .syntax(at: at &+ 1)
    }
  }

  /// The value of the four hexadecimal digits at `start`.
  static func hexadecimal(
    _ text: RawSpan, _ start: Int, _ end: Int
  ) throws(JSONFault) -> UInt16 {
    guard start &+ 4 <= end else { throw .syntax(at: end) }
    var value: UInt16 = 0
    for at in start..<start &+ 4 {
      let byte = text.byte(at)
      let letter = (byte | 0x20) &- UInt8(ascii: "a")
      let digit: UInt8
      if isDigit(byte) {
        digit = byte &- ASCII.zero
      } else if letter < 6 {
        digit = letter &+ 10
      } else {
        throw .syntax(at: at)
      }
      value = value &<< 4 | UInt16(digit)
    }
    return value
  }

  /// Skips characters from U+0080 on, of which the first begins at `start`. The bounds of the
  /// second byte, which rule out overlong forms, surrogates and what is past U+10FFFF, are those
  /// of RFC 3629, section 4.
  static func skipNonASCII(
    _ text: RawSpan, _ start: Int, _ end: Int
  ) throws(JSONFault) -> Int {
    var at = start
    repeat {
      let lead = text.byte(at)
      let length: Int
      var second: ClosedRange<UInt8> = 0x80...0xBF
      switch lead {
      case 0xC2...0xDF: length = 2
      case 0xE0: (length, second) = (3, 0xA0...0xBF)
      case 0xED: (length, second) = (3, 0x80...0x9F)
      case 0xE1...0xEF: length = 3
      case 0xF0: (length, second) = (4, 0x90...0xBF)
      case 0xF1...0xF3: length = 4
      case 0xF4: (length, second) = (4, 0x80...0x8F)
      default: throw .invalidUTF8(at: at)
      }
      guard at &+ length <= end, second.contains(text.byte(at &+ 1)) else {
        throw .invalidUTF8(at: at)
      }
      if length > 2, text.byte(at &+ 2) & 0xC0 != 0x80 { throw .invalidUTF8(at: at) }
      if length > 3, text.byte(at &+ 3) & 0xC0 != 0x80 { throw .invalidUTF8(at: at) }
      at &+= length
    } while at < end && text.byte(at) >= 0x80
    return at
  }
}
