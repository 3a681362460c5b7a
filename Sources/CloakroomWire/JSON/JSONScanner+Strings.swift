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
    var at = start
    if start &+ 8 <= end {
      let special = specialBytes(in: text.word(start))
      at =
        special == 0
        ? skipPlain(text, start &+ 8, end) : start &+ special.trailingZeroBitCount &>> 3
      if at < end, text.byte(at) == ASCII.quote { return StringContent(end: at, hasEscapes: false) }
    }
    return try scanUneven(text, at, end)
  }

  /// Scans the rest of a string's content in which there may be more than plain characters.
  @inline(never)
  private static func scanUneven(
    _ text: RawSpan, _ start: Int, _ end: Int
  ) throws(JSONFault) -> StringContent {
    var at = start
    var hasEscapes = false
    while at < end {
      let special = specialBytes(in: text.upToEight(at, end))
      at =
        special == 0
        ? skipPlain(text, at &+ 8, end) : at &+ special.trailingZeroBitCount &>> 3
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

  /// Whether a text is of plain characters alone: a JSON string has it as it is.
  static func isPlain(_ text: RawSpan) -> Bool {
    let end = text.byteCount
    guard end >= 8 else {
      return specialBytes(in: text.upToEight(0, end)).trailingZeroBitCount &>> 3 >= end
    }
    return specialBytes(in: text.word(0)) == 0 && skipPlain(text, 8, end) == end
  }

  /// Skips plain characters: in blocks as long as there is nothing else, then eight at a time.
  /// The caller has made sure that `start` is at least eight. Returns the offset of the first byte
  /// that is no plain character, or `end`.
  @inline(never)
  private static func skipPlain(_ text: RawSpan, _ start: Int, _ end: Int) -> Int {
    var at = start
    while at &+ blockCount <= end, isPlainBlock(text, at) { at &+= blockCount }
    while at < end {
      let special = specialBytes(
        in: at &+ 8 <= end ? text.word(at) : text.lastWord(at, end))
      at &+= special.trailingZeroBitCount &>> 3
      if special != 0 { break }
    }
    return min(at, end)
  }

  /// How many bytes of a long string are looked at together.
  private static var blockCount: Int { 32 }

  /// Whether the bytes of the block that begins at an offset are all plain characters. Without a
  /// branch for each, so that the compiler makes vector instructions of it. Read with a sign, bytes of
  /// longer UTF-8 sequences are below the space, as control characters are.
  @inline(__always)
  private static func isPlainBlock(_ text: RawSpan, _ at: Int) -> Bool {
    var special: UInt8 = 0
    for index in 0..<blockCount {
      let byte = Int8(bitPattern: text.byte(at &+ index))
      special |= (byte < 0x20 ? 1 : 0) | (byte == 0x22 ? 1 : 0) | (byte == 0x5C ? 1 : 0)
    }
    return special == 0
  }

  /// Marks, by its highest bit, the first byte of eight that ends a run of plain characters: a
  /// quote, a backslash, a control character or one of a longer UTF-8 sequence. Bytes above the
  /// first marked one may be marked wrongly, those below it never are, so only the lowest mark
  /// counts.
  ///
  /// The tests are "haszero" and "hasless" of Sean Eron Anderson's Bit Twiddling Hacks, without the
  /// part that leaves out bytes whose highest bit is set: those are special too.
  @inline(__always)
  static func specialBytes(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let control = word &- 0x2020_2020_2020_2020
    let quote = (word ^ 0x2222_2222_2222_2222) &- ones
    let backslash = (word ^ 0x5C5C_5C5C_5C5C_5C5C) &- ones
    return (control | quote | backslash | word) & 0x8080_8080_8080_8080
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
