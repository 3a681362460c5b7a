/// Regular expressions that are searched for together: how long a search takes grows with the text alone, and with
/// the states of the automaton until it has met what the text holds.
///
/// They are a subset of ECMA-262 with the flag `u`: literals, `.`, classes with `\d \w \s`, their
/// negations and `\p{…}` of general categories, anchors, word boundaries, lookahead, groups,
/// alternation and all quantifiers, by code points. Lookbehind and backreferences are refused, as is
/// a pattern whose automaton has too many states: `{m,n}` makes n copies of what it repeats.
///
/// Immutable: several threads may use one at once. What a search learns is kept by the validation that it is for.
final class Pattern: Sendable {
  let program: PatternProgram

  /// How many expressions there are.
  var count: Int { program.starts.count }

  /// How much memory it takes, in bytes, about.
  let memoryBytes: Int

  /// Compiles expressions.
  ///
  /// - Parameters:
  ///   - texts: at least one.
  ///   - depth: how deep groups may be nested.
  ///   - allowance: how many states there may be; what is used is taken away.
  init(
    _ texts: [JSONText], depth: Int, allowance: inout Int
  ) throws(PatternFault) {
    var sets = PatternSets()
    var nodes: [PatternNode] = []
    for (index, text) in texts.enumerated() {
      do throws(PatternFault.Reason) {
        nodes.append(try PatternParser.parse(text.string, depth: depth, sets: &sets))
      } catch {
        throw PatternFault(reason: error, pattern: index)
      }
    }
    do throws(PatternFault.Reason) {
      program = try PatternProgram(nodes, sets.list, allowance: &allowance)
    } catch {
      throw PatternFault(reason: error, pattern: 0)
    }
    memoryBytes = program.memoryBytes
  }
}

/// Why a pattern can't be used.
struct PatternFault: Error, Equatable {
  enum Reason: Error, Equatable {
    /// What is wrong, and at which code point of the pattern.
    case syntax(String, at: Int)
    /// The automaton would have too many states.
    case tooManyStates
  }

  let reason: Reason
  /// Which of the patterns it is.
  let pattern: Int
}
