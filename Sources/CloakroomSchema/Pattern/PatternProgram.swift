/// Patterns as one automaton: Thompson's construction (Regular Expression Search Algorithm, 1968)
/// in the form that Cox gives it (Regular Expression Matching: the Virtual Machine Approach, 2009), with the ways
/// back that a search from a text's end needs.
struct PatternProgram: Sendable {
  /// What a state does.
  enum Operation: UInt8, Sendable {
    /// Goes on to the next state over a code point of a set, `first` by its number.
    case consume
    /// Goes on at `first` and at `second`.
    case branch
    /// Goes on at `first`.
    case jump
    /// Goes on to the next state where something holds.
    case atStart, atEnd, atWordBoundary, notAtWordBoundary
    /// Goes on at `second` if what begins at `first` matches from here on, or if it does not.
    case look, lookNot
    case match
  }

  /// One state.
  struct State: Sendable {
    let operation: Operation
    var first: Int32 = 0
    var second: Int32 = 0
    /// The lookahead that it belongs to; the last is what is in none.
    var group: Int32 = 0
  }

  private(set) var states: [State] = []
  /// Where each pattern begins.
  private(set) var starts: [Int] = []
  let sets: [CodePointSet]
  /// How many lookaheads there are, and one for what is in none. One within another has the lower number.
  private(set) var groups = 0
  /// The states that are matches.
  private(set) var matches: [Int32] = []
  /// Which states go on to a state without consuming anything: where they begin in `sources`.
  private(set) var sourceStarts: [Int32] = []
  private(set) var sources: [Int32] = []
  /// Whether it makes a difference what is before a position.
  private(set) var looksBack = false
  /// For each ASCII character which class it is of; those of one class are in the same sets.
  private(set) var classes: [UInt8] = []
  private(set) var classCount = 0
  /// States and visits of the syntax tree that are left. Visits count too: what repeats the empty
  /// group makes no states.
  private var allowance: Int

  /// Builds the automaton of patterns.
  ///
  /// - Parameter allowance: how many states there may be; what is used is taken away.
  init(
    _ nodes: [PatternNode], _ sets: [CodePointSet], allowance: inout Int
  ) throws(PatternFault.Reason) {
    self.sets = sets
    self.allowance = allowance
    for node in nodes {
      starts.append(states.count)
      try add(node)
      try add(.match)
    }
    groups += 1
    allowance = self.allowance
    // What is in no lookahead is decided last.
    for index in states.indices where states[index].group < 0 {
      states[index].group = Int32(groups - 1)
    }
    connect()
    classify()
  }

  /// How much memory it takes, in bytes, about.
  var memoryBytes: Int {
    states.count * MemoryLayout<State>.stride + starts.count * 8
      + (matches.count + sourceStarts.count + sources.count) * 4 + classes.count + 512
      + sets.reduce(0) { $0 + $1.memoryBytes }
  }

  private mutating func spend() throws(PatternFault.Reason) {
    allowance -= 1
    guard allowance >= 0 else { throw .tooManyStates }
  }

  private mutating func add(
    _ operation: Operation, _ first: Int = 0, _ second: Int = 0
  ) throws(PatternFault.Reason) {
    try spend()
    states.append(
      State(
        operation: operation, first: Int32(clamping: first), second: Int32(clamping: second),
        group: -1))
  }

  private mutating func add(_ node: PatternNode) throws(PatternFault.Reason) {
    switch node {
    case .empty: try spend()
    case .set(let set): try add(.consume, set)
    case .assertion(let assertion):
      switch assertion {
      case .start: try add(.atStart)
      case .end: try add(.atEnd)
      case .wordBoundary: try add(.atWordBoundary)
      case .noWordBoundary: try add(.notAtWordBoundary)
      }
    case .lookahead(let node, let isNegative):
      let look = states.count
      try add(isNegative ? .lookNot : .look, look + 1)
      try add(node)
      try add(.match)
      for index in look + 1..<states.count where states[index].group < 0 {
        states[index].group = Int32(clamping: groups)
      }
      groups += 1
      states[look].second = Int32(clamping: states.count)
    case .sequence(let nodes):
      for node in nodes { try add(node) }
    case .alternatives(let nodes): try addAlternatives(nodes)
    case .repetition(let node, let minimum, let maximum):
      try addRepetition(node, minimum, maximum)
    }
  }

  private mutating func addAlternatives(_ nodes: [PatternNode]) throws(PatternFault.Reason) {
    var jumps: [Int] = []
    for (index, node) in nodes.enumerated() {
      guard index < nodes.count - 1 else {
        try add(node)
        break
      }
      let branch = states.count
      try add(.branch)
      try add(node)
      jumps.append(states.count)
      try add(.jump)
      setTargets(of: branch, branch + 1, states.count)
    }
    for jump in jumps { setTargets(of: jump, states.count) }
  }

  private mutating func addRepetition(
    _ node: PatternNode, _ minimum: Int, _ maximum: Int?
  ) throws(PatternFault.Reason) {
    try spend()
    for _ in 0..<minimum { try add(node) }
    guard let maximum else {
      let branch = states.count
      try add(.branch)
      try add(node)
      try add(.jump, branch)
      setTargets(of: branch, branch + 1, states.count)
      return
    }
    var branches: [Int] = []
    for _ in 0..<(maximum - minimum) {
      branches.append(states.count)
      try add(.branch)
      try add(node)
    }
    for branch in branches { setTargets(of: branch, branch + 1, states.count) }
  }

  private mutating func setTargets(of state: Int, _ first: Int, _ second: Int = 0) {
    states[state].first = Int32(clamping: first)
    states[state].second = Int32(clamping: second)
  }

  // MARK: The way back

  /// Which states a state goes on to without consuming anything.
  private func targets(of index: Int) -> (Int32, Int32?)? {
    let state = states[index]
    return switch state.operation {
    case .consume, .match: nil
    case .branch: (state.first, state.second)
    case .jump: (state.first, nil)
    case .atStart, .atEnd, .atWordBoundary, .notAtWordBoundary: (Int32(clamping: index + 1), nil)
    case .look, .lookNot: (state.second, nil)
    }
  }

  private mutating func connect() {
    var counts = [Int32](repeating: 0, count: states.count + 1)
    for index in states.indices {
      if let (first, second) = targets(of: index) {
        counts[Int(first)] += 1
        if let second { counts[Int(second)] += 1 }
      }
      switch states[index].operation {
      case .match: matches.append(Int32(clamping: index))
      case .atStart, .atWordBoundary, .notAtWordBoundary: looksBack = true
      default: break
      }
    }
    sourceStarts = [0]
    for count in counts { sourceStarts.append((sourceStarts.last ?? 0) + count) }
    sources = Array(repeating: 0, count: Int(sourceStarts.last ?? 0))
    var next = sourceStarts
    for index in states.indices {
      guard let (first, second) = targets(of: index) else { continue }
      for target in [first, second].compactMap({ $0 }) {
        sources[Int(next[Int(target)])] = Int32(clamping: index)
        next[Int(target)] += 1
      }
    }
  }

  // MARK: Classes

  /// Tells ASCII characters apart by the sets that they are in, and by whether they are parts of words.
  private mutating func classify() {
    var parts: [(low: UInt64, high: UInt64)] = [(.max, .max)]
    let words = CodePointSet(CodePointSet.wordCharacters)
    for set in sets + (looksBack ? [words] : []) where parts.count < 128 {
      let (low, high) = set.ascii
      for index in parts.indices {
        let part = parts[index]
        let inside = (low: part.low & low, high: part.high & high)
        let outside = (low: part.low & ~low, high: part.high & ~high)
        guard inside.low | inside.high != 0, outside.low | outside.high != 0 else { continue }
        parts[index] = inside
        parts.append(outside)
      }
    }
    classes = Array(repeating: 0, count: 128)
    classCount = parts.count
    for (index, part) in parts.enumerated() {
      for point in 0..<128 {
        let word = point < 64 ? part.low : part.high
        if word >> UInt64(point % 64) & 1 == 1 { classes[point] = UInt8(clamping: index) }
      }
    }
  }
}
