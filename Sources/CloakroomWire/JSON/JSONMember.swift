/// One member of a request's `params`: a member of the object, or an element of the array.
public struct JSONMember: Sendable, Hashable {
  /// The name between its quotes, as it was written; empty for an array's element.
  public let name: ByteRange
  /// The value's text. A string's includes its quotes.
  public let value: ByteRange
  /// What the value is.
  public let kind: JSONKind
  /// The name has a backslash in it and must be decoded before it is compared.
  public let nameHasEscapes: Bool
  /// The value is a string with a backslash in it.
  public let hasEscapes: Bool
  /// A raw CR or LF stands between tokens inside of the value, so that it can't go into a line
  /// as it is.
  public let hasLineBreaks: Bool

  /// A string's content between its quotes; for other kinds the whole value.
  public var content: ByteRange {
    guard kind == .string, value.count >= 2 else { return value }
    return ByteRange(scanned: value.start &+ 1, value.end &- 1)
  }

  /// Whether this is its name, however that is written.
  public func isNamed(_ expected: StaticString, in text: RawSpan) -> Bool {
    guard nameHasEscapes else { return name.holds(expected, in: text) }
    let text = JSONString.text(of: name, hasEscapes: true, in: text)
    return text?.utf8.elementsEqual("\(expected)".utf8) ?? false
  }

  /// What a string stands for; nil for what is none, and when half of a surrogate pair stands alone in
  /// it.
  public func string(in text: RawSpan) -> String? {
    kind == .string ? JSONString.text(of: content, hasEscapes: hasEscapes, in: text) : nil
  }
}

/// What a JSON value is (RFC 8259, section 3).
public enum JSONKind: UInt8, Sendable, Hashable {
  case object, array, string, number, `true`, `false`, null
}
