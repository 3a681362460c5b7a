/// Checks JSON texts against RFC 8259 to the letter, in one pass and without building anything.
///
/// Strict: no text behind the value, no leading zeros, no control character in a string, UTF-8
/// without overlong forms and surrogates (RFC 3629). An escaped lone surrogate passes, as the
/// grammar allows it and values are handed on as bytes. Nothing is allocated.
public enum JSONScanner {
  /// The longest text in bytes, so that every offset fits into 31 bits.
  public static let longestText = Int(Int32.max)

  /// How many arrays and objects may be nested when nobody says otherwise.
  public static let defaultDepthLimit = 128

  /// The highest limit that can be asked for; a higher one counts as this one.
  public static let greatestDepthLimit = 2048

  /// Checks that the text is one JSON value, with white space around it at most.
  ///
  /// - Parameter depthLimit: how many arrays and objects may be nested, up to
  ///   `greatestDepthLimit`.
  /// - Returns: what the value is.
  /// - Throws: the first fault met.
  @discardableResult
  public static func validate(
    _ text: RawSpan, depthLimit: Int = defaultDepthLimit
  ) throws(JSONFault) -> JSONKind {
    try scanText(text, depthLimit: depthLimit).kind
  }

  /// Checks that the text is one JSON value, as `validate` does.
  ///
  /// - Returns: whether a raw CR or LF stands in it, so that it can't go into a line as it is.
  /// - Throws: the first fault met.
  public static func validateAndFindLineBreaks(
    _ text: RawSpan, depthLimit: Int = defaultDepthLimit
  ) throws(JSONFault) -> Bool {
    try scanText(text, depthLimit: depthLimit).hasLineBreaks
  }

  private static func scanText(_ text: RawSpan, depthLimit: Int) throws(JSONFault) -> Value {
    let end = text.byteCount
    guard end <= longestText else { throw .outOfBounds }
    let before = skipSpace(text, 0, end)
    let value = try scanValue(
      text, before.offset, end, depth: min(depthLimit, greatestDepthLimit))
    let behind = skipSpace(text, value.end, end)
    guard behind.offset == end else { throw .syntax(at: behind.offset) }
    return Value(
      end: end, kind: value.kind, hasEscapes: value.hasEscapes,
      hasLineBreaks: before.hasLineBreaks || value.hasLineBreaks || behind.hasLineBreaks)
  }

  /// What a scan of one value found.
  struct Value {
    let end: Int
    let kind: JSONKind
    /// A string has at least one backslash in it. Never set for other kinds.
    let hasEscapes: Bool
    /// A raw CR or LF stands between tokens of the value.
    let hasLineBreaks: Bool
  }

  /// Scans the value that begins exactly at `start`. The callers have checked `0 <= start`,
  /// `end <= text.byteCount` and `end <= longestText`: here and below every offset is compared
  /// with `end` before its byte is read, and none can overflow.
  @inline(__always)
  static func scanValue(
    _ text: RawSpan, _ start: Int, _ end: Int, depth limit: Int
  ) throws(JSONFault) -> Value {
    // Most parameters are strings or numbers, and for those the call below is most of the cost.
    if start < end {
      let first = text.byte(start)
      if first == ASCII.quote {
        let string = try scanString(text, start &+ 1, end)
        return Value(
          end: string.end &+ 1, kind: .string, hasEscapes: string.hasEscapes,
          hasLineBreaks: false)
      }
      if isDigit(first) {
        let number = try scanNumber(text, start, end)
        return Value(end: number, kind: .number, hasEscapes: false, hasLineBreaks: false)
      }
    }
    return try scanNested(text, start, end, depth: limit)
  }

  /// Scans a value of any kind, though a string's escapes are not told.
  ///
  /// Nesting is kept as one bit a level (set: object) in a word. The sixty-fifth level takes a
  /// call of its own, so the stack is bounded by `greatestDepthLimit / 64` small frames.
  @inline(never)
  private static func scanNested(
    _ text: RawSpan, _ start: Int, _ end: Int, depth limit: Int
  ) throws(JSONFault) -> Value {
    var at = start
    var isObject: UInt64 = 0
    var depth = 0
    var lineBreaks = false

    while true {
      if isObject & 1 == 1 {
        let name = try scanName(text, at, end)
        lineBreaks = lineBreaks || name.hasLineBreaks
        at = name.value
      }
      guard at < end else { throw .syntax(at: at) }
      var kind: JSONKind
      let first = text.byte(at)
      switch first {
      case ASCII.quote:
        kind = .string
        at = try scanString(text, at &+ 1, end).end &+ 1

      case ASCII.leftBrace, ASCII.leftBracket:
        let opensObject = first == ASCII.leftBrace
        kind = opensObject ? .object : .array
        guard depth < limit else { throw .tooDeep(at: at) }
        if depth == UInt64.bitWidth {
          let nested = try scanNested(text, at, end, depth: limit &- depth)
          lineBreaks = lineBreaks || nested.hasLineBreaks
          at = nested.end
          break
        }
        let inside = skipSpace(text, at &+ 1, end)
        lineBreaks = lineBreaks || inside.hasLineBreaks
        at = inside.offset
        guard at < end else { throw .syntax(at: at) }
        if text.byte(at) == (opensObject ? ASCII.rightBrace : ASCII.rightBracket) {
          at &+= 1
          break
        }
        isObject = isObject &<< 1 | (opensObject ? 1 : 0)
        depth &+= 1
        continue

      default:
        if first == ASCII.minus || isDigit(first) {
          kind = .number
          at = try scanNumber(text, at, end)
        } else {
          kind = try scanLiteral(text, at, end)
          at &+= kind == .false ? 5 : 4
        }
      }

      // A value has ended. Close what ends with it, up to the next value or the outermost end.
      while true {
        if depth == 0 {
          return Value(end: at, kind: kind, hasEscapes: false, hasLineBreaks: lineBreaks)
        }
        // Between most values of most texts there is a comma and nothing else.
        if at &+ 1 < end, text.byte(at) == ASCII.comma, text.byte(at &+ 1) > ASCII.space {
          at &+= 1
          break
        }
        let gap = skipSpace(text, at, end)
        lineBreaks = lineBreaks || gap.hasLineBreaks
        at = gap.offset
        guard at < end else { throw .syntax(at: at) }
        let next = text.byte(at)
        if next == ASCII.comma {
          let inside = skipSpace(text, at &+ 1, end)
          lineBreaks = lineBreaks || inside.hasLineBreaks
          at = inside.offset
          break
        }
        let closing = isObject & 1 == 1 ? ASCII.rightBrace : ASCII.rightBracket
        guard next == closing else { throw .syntax(at: at) }
        kind = isObject & 1 == 1 ? .object : .array
        isObject &>>= 1
        depth &-= 1
        at &+= 1
      }
    }
  }
}

/// Why a text was refused. Offsets are bytes from the text's first; a fault never carries any of
/// the text itself.
public enum JSONFault: Error, Sendable, Hashable {
  /// The text is not JSON: what stands at this offset can't stand there, or the text ends there.
  case syntax(at: Int)
  /// A string holds bytes that are not UTF-8 (RFC 3629), from this offset on.
  case invalidUTF8(at: Int)
  /// The array or object that opens at this offset is nested deeper than the limit.
  case tooDeep(at: Int)
  /// An escaped half of a surrogate pair stands alone at this offset. Only decoding refuses it;
  /// scanning lets it pass, as RFC 8259's grammar does.
  case loneSurrogate(at: Int)
  /// The bounds given don't lie inside of the text, or the text is longer than
  /// `JSONScanner.longestText`.
  case outOfBounds
}
