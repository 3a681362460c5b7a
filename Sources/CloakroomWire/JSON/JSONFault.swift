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
