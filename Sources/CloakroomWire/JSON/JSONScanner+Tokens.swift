// The callers of everything here have checked `0 <= at`, `end <= text.byteCount` and
// `end <= longestText`; each function compares an offset with `end` before it reads there.
extension JSONScanner {
  /// White space that was skipped.
  struct Gap {
    let offset: Int
    let hasLineBreaks: Bool
  }

  /// Skips white space, of which texts written by programs mostly have none or one byte.
  @inline(__always)
  static func skipSpace(_ text: RawSpan, _ at: Int, _ end: Int) -> Gap {
    if at < end {
      let first = text.byte(at)
      if first > ASCII.space { return Gap(offset: at, hasLineBreaks: false) }
      if first == ASCII.space, at &+ 1 < end, text.byte(at &+ 1) > ASCII.space {
        return Gap(offset: at &+ 1, hasLineBreaks: false)
      }
    }
    return skipMoreSpace(text, at, end)
  }

  @inline(never)
  private static func skipMoreSpace(_ text: RawSpan, _ start: Int, _ end: Int) -> Gap {
    var at = start
    var hasLineBreaks = false
    while at < end {
      switch text.byte(at) {
      case ASCII.space, ASCII.tab: break
      case ASCII.lineFeed, ASCII.carriageReturn: hasLineBreaks = true
      default: return Gap(offset: at, hasLineBreaks: hasLineBreaks)
      }
      at &+= 1
    }
    return Gap(offset: at, hasLineBreaks: hasLineBreaks)
  }

  /// A member's name and where its value begins.
  struct Name {
    let name: ByteRange
    let value: Int
    let hasEscapes: Bool
    let hasLineBreaks: Bool
  }

  /// Scans a member's name, which must begin at `at`, its colon, and the white space up to the
  /// value. Most names have at most eight bytes, no escape, and no white space before the colon.
  @inline(__always)
  static func scanName(_ text: RawSpan, _ at: Int, _ end: Int) throws(JSONFault) -> Name {
    if at &+ 11 <= end, text.byte(at) == ASCII.quote {
      let special = specialBytes(in: text.word(at &+ 1))
      let quote = at &+ 1 &+ special.trailingZeroBitCount &>> 3
      // A quote and a colon, the first lowest.
      if text.quarterWord(quote) == 0x3A22 {
        let behind = skipSpace(text, quote &+ 2, end)
        return Name(
          name: ByteRange(scanned: at &+ 1, quote), value: behind.offset, hasEscapes: false,
          hasLineBreaks: behind.hasLineBreaks)
      }
    }
    return try scanAnyName(text, at, end)
  }

  @inline(never)
  private static func scanAnyName(
    _ text: RawSpan, _ at: Int, _ end: Int
  ) throws(JSONFault) -> Name {
    guard at < end, text.byte(at) == ASCII.quote else { throw .syntax(at: at) }
    let name = try scanString(text, at &+ 1, end)
    let before = skipSpace(text, name.end &+ 1, end)
    guard before.offset < end, text.byte(before.offset) == ASCII.colon else {
      throw .syntax(at: before.offset)
    }
    let behind = skipSpace(text, before.offset &+ 1, end)
    return Name(
      name: ByteRange(scanned: at &+ 1, name.end), value: behind.offset,
      hasEscapes: name.hasEscapes, hasLineBreaks: before.hasLineBreaks || behind.hasLineBreaks)
  }

  /// What stands behind a value inside of an array or an object.
  struct Next {
    /// Where the next element or member begins, or where the closing bracket ends.
    let offset: Int
    let isEnd: Bool
  }

  /// Skips the comma behind a value that ends at `at`, or the closing bracket, and white space.
  @inline(__always)
  static func skipComma(
    _ text: RawSpan, _ at: Int, _ end: Int, closing: UInt8
  ) throws(JSONFault) -> Next {
    let at = skipSpace(text, at, end).offset
    guard at < end else { throw .syntax(at: at) }
    if text.byte(at) == closing { return Next(offset: at &+ 1, isEnd: true) }
    guard text.byte(at) == ASCII.comma else { throw .syntax(at: at) }
    return Next(offset: skipSpace(text, at &+ 1, end).offset, isEnd: false)
  }

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- ASCII.zero < 10 }

  /// Scans the number that begins at `start` with a digit or a minus, and returns its end. A digit
  /// behind a leading zero is left standing there, where no token can begin with it. Most numbers
  /// have no sign and no exponent, at most eight digits before and behind a dot, and end before a comma
  /// or a closing bracket.
  @inline(__always)
  static func scanNumber(
    _ text: RawSpan, _ start: Int, _ end: Int
  ) throws(JSONFault) -> Int {
    var at = skipFewDigits(text, start, end)
    if at < end, at != start, text.byte(start) != ASCII.zero || at == start &+ 1 {
      if text.byte(at) == ASCII.dot, at &+ 1 < end {
        let fraction = at &+ 1
        at = skipFewDigits(text, fraction, end)
        guard at < end, at != fraction else { return try scanAnyNumber(text, start, end) }
      }
      let next = text.byte(at)
      // 0x20 is the bit by which "]" and "}" differ.
      if next == ASCII.comma || next | 0x20 == ASCII.rightBrace { return at }
    }
    return try scanAnyNumber(text, start, end)
  }

  /// Skips up to eight digits. The caller has made sure that `start < end`.
  @inline(__always)
  private static func skipFewDigits(_ text: RawSpan, _ start: Int, _ end: Int) -> Int {
    let digits = text.upToEight(start, end) ^ 0x3030_3030_3030_3030
    // The highest bit of what is more than nine; bytes above the first marked one may be wrong. What
    // stands in for bytes past the end is marked.
    let others = (digits &+ 0x7676_7676_7676_7676 | digits) & 0x8080_8080_8080_8080
    return start &+ others.trailingZeroBitCount &>> 3
  }

  @inline(never)
  private static func scanAnyNumber(
    _ text: RawSpan, _ start: Int, _ end: Int
  ) throws(JSONFault) -> Int {
    var at = start
    if text.byte(at) == ASCII.minus { at &+= 1 }
    if at < end, text.byte(at) == ASCII.zero {
      at &+= 1
    } else {
      at = try skipDigits(text, at, end)
    }
    if at < end, text.byte(at) == ASCII.dot {
      at = try skipDigits(text, at &+ 1, end)
    }
    // 0x20 is the bit by which "E" and "e" differ.
    if at < end, text.byte(at) | 0x20 == UInt8(ascii: "e") {
      at &+= 1
      if at < end, text.byte(at) == ASCII.plus || text.byte(at) == ASCII.minus { at &+= 1 }
      at = try skipDigits(text, at, end)
    }
    return at
  }

  @inline(__always)
  private static func skipDigits(
    _ text: RawSpan, _ start: Int, _ end: Int
  ) throws(JSONFault) -> Int {
    var at = start
    while at < end, isDigit(text.byte(at)) { at &+= 1 }
    guard at > start else { throw .syntax(at: at) }
    return at
  }

  /// Scans `true`, `false` or `null`, each of which is told by its first four letters.
  static func scanLiteral(
    _ text: RawSpan, _ at: Int, _ end: Int
  ) throws(JSONFault) -> JSONKind {
    guard end &- at >= 4 else { throw .syntax(at: at) }
    switch text.halfWord(at) {
    case 0x6575_7274: return .true  // "true", the first letter lowest
    case 0x6C6C_756E: return .null  // "null"
    case 0x736C_6166:  // "fals"
      guard end &- at >= 5, text.byte(at &+ 4) == UInt8(ascii: "e") else {
        throw .syntax(at: at)
      }
      return .false
    default: throw .syntax(at: at)
    }
  }
}
