/// A pattern's syntax tree.
indirect enum PatternNode: Sendable, Equatable {
  /// Matches the empty string.
  case empty
  /// One code point of a set.
  case set(CodePointSet)
  /// A condition on the position.
  case assertion(Assertion)
  /// A condition on what comes: whether something matches from here on, or does not.
  case lookahead(PatternNode, isNegative: Bool)
  /// One after the other.
  case sequence([PatternNode])
  /// One of several.
  case alternatives([PatternNode])
  /// As often as from `minimum` to `maximum`, or without an end.
  case repetition(PatternNode, minimum: Int, maximum: Int?)

  /// What may be asked of a position.
  enum Assertion: Sendable, Equatable {
    case start, end, wordBoundary, noWordBoundary
  }
}
