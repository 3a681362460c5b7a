/// Why a pattern can't be used.
enum PatternFault: Error, Equatable {
  /// What is wrong, and at which code point of the pattern.
  case syntax(String, at: Int)
  /// The automaton would have too many states.
  case tooManyStates
}
