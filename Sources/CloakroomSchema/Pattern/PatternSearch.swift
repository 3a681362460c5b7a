/// One search of an automaton through a text.
struct PatternSearch {
  private let program: PatternProgram
  /// The state to begin at.
  private let start: Int
  /// Whether a match may begin at the first position only.
  private let isAnchored: Bool
  /// For each state the position at which it was last visited, plus one.
  private var visited: [Int]
  /// The states to visit at the current position.
  private var waiting: [Int] = []
  /// The states behind what was consumed at the current position.
  private var following: [Int] = []

  /// A search for the whole pattern, anywhere.
  init(_ program: PatternProgram) {
    self.init(program, at: 0, isAnchored: program.isAnchored)
  }

  private init(_ program: PatternProgram, at start: Int, isAnchored: Bool) {
    self.program = program
    self.start = start
    self.isAnchored = isAnchored
    visited = Array(repeating: 0, count: program.states.count)
  }

  /// Whether there is a match.
  ///
  /// - Parameters:
  ///   - text: the text from where the search begins.
  ///   - previous: the code point before that.
  mutating func run(
    over text: UTF8Decoder, behind previous: UInt32? = nil, budget: inout Budget
  ) throws(SchemaFault) -> Bool {
    // Every state is set up once for each search.
    try budget.spend(1 + program.states.count / 8)
    var decoder = text
    var before = previous
    var rest = decoder
    var after = decoder.next()
    var position = 0
    while true {
      position += 1
      if position == 1 || !isAnchored { waiting.append(start) }
      guard !waiting.isEmpty else { return false }
      if try visit(position, before, after, rest, &budget) { return true }
      guard after != nil else { return false }
      before = after
      rest = decoder
      after = decoder.next()
      swap(&waiting, &following)
    }
  }

  /// Visits all states that can be reached at a position without consuming anything.
  ///
  /// - Parameter rest: the text from that position on.
  /// - Returns: whether one of them is a match.
  private mutating func visit(
    _ position: Int, _ before: UInt32?, _ after: UInt32?, _ rest: UTF8Decoder,
    _ budget: inout Budget
  ) throws(SchemaFault) -> Bool {
    following.removeAll(keepingCapacity: true)
    while let state = waiting.popLast() {
      guard visited[state] != position else { continue }
      visited[state] = position
      try budget.spend(1)
      switch program.states[state] {
      case .match: return true
      case .jump(let target): waiting.append(target)
      case .branch(let first, let second):
        waiting.append(second)
        waiting.append(first)
      case .assert(let assertion):
        if Self.holds(assertion, before, after) { waiting.append(state + 1) }
      case .look(let target, let isNegative, let next):
        // A search of its own, which is as deep as lookaheads are nested.
        var search = Self(program, at: target, isAnchored: true)
        if try search.run(over: rest, behind: before, budget: &budget) != isNegative {
          waiting.append(next)
        }
      case .consume(let set):
        if let after, program.sets[set].contains(after) { following.append(state + 1) }
      }
    }
    return false
  }

  private static func holds(
    _ assertion: PatternNode.Assertion, _ before: UInt32?, _ after: UInt32?
  ) -> Bool {
    switch assertion {
    case .start: before == nil
    case .end: after == nil
    case .wordBoundary: isWord(before) != isWord(after)
    case .noWordBoundary: isWord(before) == isWord(after)
    }
  }

  private static func isWord(_ point: UInt32?) -> Bool {
    guard let point else { return false }
    return CodePointSet.wordCharacters.contains { $0.contains(point) }
  }
}

/// Reads code points from bytes that are known to be valid UTF-8.
struct UTF8Decoder {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next code point, nil at the end.
  mutating func next() -> UInt32? {
    guard position < bytes.count else { return nil }
    let lead = bytes[position]
    let count =
      switch lead {
      case 0..<0x80: 1
      case 0x80..<0xE0: 2
      case 0xE0..<0xF0: 3
      default: 4
      }
    defer { position = min(position + count, bytes.count) }
    guard count > 1, position + count <= bytes.count else { return UInt32(lead) }
    var point = UInt32(lead) & (0x7F >> UInt32(count))
    for byte in bytes[(position + 1)..<(position + count)] {
      point = point << 6 | UInt32(byte & 0x3F)
    }
    return point
  }
}
