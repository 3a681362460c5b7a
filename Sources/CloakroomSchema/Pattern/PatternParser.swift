/// Parses a pattern: ECMA-262's regular expressions with the flag `u`, without lookbehind and
/// backreferences, and without flags inside of groups.
struct PatternParser {
  let points: [UInt32]
  var position = 0
  /// How deep groups may still be nested.
  private var depth: Int
  private var sets: PatternSets

  private init(_ pattern: String, depth: Int, sets: consuming PatternSets) {
    points = pattern.unicodeScalars.map(\.value)
    self.depth = depth
    self.sets = sets
  }

  /// Parses a pattern.
  ///
  /// - Parameters:
  ///   - depth: how deep its groups may be nested.
  ///   - sets: where its sets of code points are kept.
  static func parse(
    _ pattern: String, depth: Int, sets: inout PatternSets
  ) throws(PatternFault.Reason) -> PatternNode {
    let known = sets
    // So that the parser has the only copy, which it adds to.
    sets = PatternSets()
    var parser = Self(pattern, depth: depth, sets: known)
    let node = try parser.alternatives()
    guard parser.position == parser.points.count else { throw parser.fault("unmatched )") }
    sets = parser.sets
    return node
  }

  private mutating func set(_ set: CodePointSet) -> PatternNode { .set(sets.add(set)) }

  private mutating func alternatives() throws(PatternFault.Reason) -> PatternNode {
    var nodes = [try sequence()]
    while take("|") { nodes.append(try sequence()) }
    return nodes.count == 1 ? nodes[0] : .alternatives(nodes)
  }

  private mutating func sequence() throws(PatternFault.Reason) -> PatternNode {
    var nodes: [PatternNode] = []
    while let point = peek, !Self.is(point, "|"), !Self.is(point, ")") {
      if let assertion = assertion() {
        nodes.append(.assertion(assertion))
      } else if take("(?=") {
        nodes.append(.lookahead(try groupBody(), isNegative: false))
      } else if take("(?!") {
        nodes.append(.lookahead(try groupBody(), isNegative: true))
      } else {
        nodes.append(try quantified(try atom()))
      }
    }
    return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
  }

  private mutating func assertion() -> PatternNode.Assertion? {
    if take("^") { return .start }
    if take("$") { return .end }
    if take("\\b") { return .wordBoundary }
    return take("\\B") ? .noWordBoundary : nil
  }

  private mutating func atom() throws(PatternFault.Reason) -> PatternNode {
    if take("(") { return try group() }
    if take("[") { return set(try characterClass()) }
    if take(".") { return set(CodePointSet(CodePointSet.lineTerminators, isInverted: true)) }
    if take("\\") {
      switch try escape(inClass: false) {
      case .point(let point): return set(CodePointSet([point...point]))
      case .set(let ranges, let categories):
        return set(CodePointSet(ranges, categories: categories))
      }
    }
    guard let point = next() else { throw fault("unexpected end") }
    if let scalar = Unicode.Scalar(point), "*+?{}]".unicodeScalars.contains(scalar) {
      position -= 1
      throw fault("nothing to repeat, or a \\ is missing")
    }
    return set(CodePointSet([point...point]))
  }

  private mutating func group() throws(PatternFault.Reason) -> PatternNode {
    if take("?:") {
      // No capture, as for every group here.
    } else if take("?<=") || take("?<!") {
      throw fault("lookbehind is not supported")
    } else if take("?<") {
      try groupName()
    } else if let point = peek, Self.is(point, "?") {
      throw fault("no such group")
    }
    return try groupBody()
  }

  /// Parses what is in a group, and its end.
  private mutating func groupBody() throws(PatternFault.Reason) -> PatternNode {
    guard depth > 0 else { throw fault("groups are nested too deep") }
    depth -= 1
    defer { depth += 1 }
    let node = try alternatives()
    guard take(")") else { throw fault("a ) is missing") }
    return node
  }

  private mutating func groupName() throws(PatternFault.Reason) {
    let start = position
    while let point = next() {
      if Self.is(point, ">"), position > start + 1 { return }
      let isPart = Unicode.Scalar(point)?.properties.isIDContinue ?? false
      guard isPart || Self.is(point, "$") else { break }
    }
    throw fault("no name of a group")
  }

  private mutating func quantified(_ atom: PatternNode) throws(PatternFault.Reason) -> PatternNode {
    var node = atom
    if take("*") {
      node = .repetition(atom, minimum: 0, maximum: nil)
    } else if take("+") {
      node = .repetition(atom, minimum: 1, maximum: nil)
    } else if take("?") {
      node = .repetition(atom, minimum: 0, maximum: 1)
    } else if take("{") {
      let minimum = try count()
      var maximum: Int? = minimum
      if take(",") { maximum = peek.map { Self.is($0, "}") } == true ? nil : try count() }
      guard take("}") else { throw fault("a } is missing") }
      if let maximum, maximum < minimum { throw fault("a repetition ends before it begins") }
      node = .repetition(atom, minimum: minimum, maximum: maximum)
    } else {
      return atom
    }
    // Whether a quantifier is greedy makes no difference to whether there is a match.
    _ = take("?")
    return node
  }

  private mutating func count() throws(PatternFault.Reason) -> Int {
    var count = 0
    let start = position
    while let point = peek, (0x30...0x39).contains(point) {
      position += 1
      // Larger counts than any limit on states are one as good as the other.
      count = min(count * 10 + Int(point - 0x30), 1 << 30)
    }
    guard position > start else { throw fault("a number is missing") }
    return count
  }

  // MARK: - Reading

  /// The code point to come, nil at the end.
  var peek: UInt32? { position < points.count ? points[position] : nil }

  /// Takes the code point to come.
  mutating func next() -> UInt32? {
    guard let point = peek else { return nil }
    position += 1
    return point
  }

  /// Takes a word if it is what comes.
  mutating func take(_ word: String) -> Bool {
    let word = word.unicodeScalars
    guard points.count - position >= word.count else { return false }
    guard zip(points[position...], word).allSatisfy({ $0 == $1.value }) else { return false }
    position += word.count
    return true
  }

  /// A fault at the current position.
  func fault(_ message: String) -> PatternFault.Reason { .syntax(message, at: position) }

  /// Whether a code point is an ASCII character.
  static func `is`(_ point: UInt32, _ character: Unicode.Scalar) -> Bool {
    point == character.value
  }
}

/// The sets of code points of patterns, each once.
struct PatternSets {
  private(set) var list: [CodePointSet] = []
  private var numbers: [CodePointSet: Int] = [:]

  /// The number of a set.
  mutating func add(_ set: CodePointSet) -> Int {
    if let number = numbers[set] { return number }
    numbers[set] = list.count
    list.append(set)
    return list.count - 1
  }
}

/// A pattern's syntax tree.
indirect enum PatternNode: Sendable, Equatable {
  /// Matches the empty string.
  case empty
  /// One code point of a set, by its number.
  case set(Int)
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
