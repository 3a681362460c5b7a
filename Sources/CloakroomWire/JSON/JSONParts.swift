/// Takes one object or array inside of a text apart into its members or elements.
public enum JSONParts {
  /// The members of an object, or the elements of an array, that a scanner has found.
  ///
  /// - Parameters:
  ///   - range: where the object or array lies; it has been scanned before.
  ///   - limit: how many there may be.
  /// - Returns: nil when there are more, or when the range holds no object or array.
  public static func of(
    _ range: ByteRange, in text: RawSpan, atMost limit: Int
  ) -> ContiguousArray<JSONMember>? {
    guard range.count >= 2, range.end <= text.byteCount else { return nil }
    let isObject = text.byte(range.start) == ASCII.leftBrace
    let end = range.end &- 1
    var parts: ContiguousArray<JSONMember> = []
    var at = JSONScanner.skipSpace(text, range.start &+ 1, end).offset
    while at < end {
      guard parts.count < limit else { return nil }
      guard let part = try? part(text, at, end, isNamed: isObject) else { return nil }
      parts.append(part)
      at = JSONScanner.skipSpace(text, part.value.end, end).offset
      if at < end { at = JSONScanner.skipSpace(text, at &+ 1, end).offset }
    }
    return parts
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
