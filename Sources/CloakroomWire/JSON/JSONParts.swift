/// Takes one object or array inside of a text apart into its members or elements.
public enum JSONParts {
  /// The members of an object, or the elements of an array, that a scanner has found.
  ///
  /// What was found by a scanner can't fail but for the limit; any other range is checked as
  /// strictly as a scanner would, and does no harm.
  ///
  /// - Parameters:
  ///   - range: where the object or array lies, its brackets included.
  ///   - text: the text that it lies in, at most `JSONScanner.longestText` bytes.
  ///   - limit: how many parts there may be.
  /// - Returns: the parts in their order; nil when there are more of them than `limit`, or when the
  ///   range holds no object or array.
  public static func of(
    _ range: ByteRange, in text: RawSpan, atMost limit: Int
  ) -> ContiguousArray<JSONMember>? {
    guard range.count >= 2, range.end <= text.byteCount, range.end <= JSONScanner.longestText
    else { return nil }
    // The closing bracket is left out of what is scanned, so that nothing can reach past it.
    let end = range.end &- 1
    let isObject: Bool
    switch (text.byte(range.start), text.byte(end)) {
    case (ASCII.leftBrace, ASCII.rightBrace): isObject = true
    case (ASCII.leftBracket, ASCII.rightBracket): isObject = false
    default: return nil
    }
    var parts: ContiguousArray<JSONMember> = []
    var at = JSONScanner.skipSpace(text, range.start &+ 1, end).offset
    guard at < end else { return parts }
    // Most have a few: not one allocation after the other for those.
    parts.reserveCapacity(min(limit, 12))
    while parts.count < limit, let part = try? part(text, at, end, isNamed: isObject) {
      parts.append(part)
      at = JSONScanner.skipSpace(text, part.value.end, end).offset
      if at == end { return parts }
      guard text.byte(at) == ASCII.comma else { return nil }
      at = JSONScanner.skipSpace(text, at &+ 1, end).offset
    }
    return nil
  }

  private static func part(
    _ text: RawSpan, _ start: Int, _ end: Int, isNamed: Bool
  ) throws(JSONFault) -> JSONMember {
    var at = start
    var name = ByteRange(scanned: at, at)
    var nameHasEscapes = false
    if isNamed {
      let scanned = try JSONScanner.scanName(text, at, end)
      (name, nameHasEscapes, at) = (scanned.name, scanned.hasEscapes, scanned.value)
    }
    let value = try JSONScanner.scanValue(text, at, end, depth: JSONScanner.greatestDepthLimit)
    return JSONMember(
      name: name, value: ByteRange(scanned: at, value.end), kind: value.kind,
      nameHasEscapes: nameHasEscapes, hasEscapes: value.hasEscapes,
      hasLineBreaks: value.hasLineBreaks)
  }
}
