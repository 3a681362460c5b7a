/// A regular expression whose search takes no more than its states times the text's length; times the
/// length once more for each lookahead within another, where one begins at every character.
///
/// It is a subset of ECMA-262 with the flag `u`: literals, `.`, classes with `\d \w \s`, their
/// negations and `\p{…}` of general categories, anchors, word boundaries, lookahead, groups,
/// alternation and all quantifiers, by code points. Lookbehind and backreferences are refused, as is
/// a pattern whose automaton has too many states: `{m,n}` makes n copies of what it repeats.
///
/// The search keeps the set of all states that the automaton may be in, so there is nothing to
/// go back to. Every step is taken from the validation's budget.
struct Pattern: Sendable {
  private let program: PatternProgram

  /// Compiles a pattern.
  ///
  /// - Parameters:
  ///   - depth: how deep groups may be nested.
  ///   - allowance: how many states there may be; what is used is taken away.
  init(_ text: JSONText, depth: Int, allowance: inout Int) throws(PatternFault) {
    program = try PatternProgram(
      try PatternParser.parse(text, depth: depth), allowance: &allowance)
  }

  /// Whether the pattern matches anywhere in a text. A step is a state visited at a position.
  func matches(_ text: JSONText, budget: inout Budget) throws(SchemaFault) -> Bool {
    var search = PatternSearch(program)
    return try search.run(over: UTF8Decoder(text.utf8), budget: &budget)
  }
}

/// Why a pattern can't be used.
enum PatternFault: Error, Equatable {
  /// What is wrong, and at which code point of the pattern.
  case syntax(String, at: Int)
  /// The automaton would have too many states.
  case tooManyStates
}
