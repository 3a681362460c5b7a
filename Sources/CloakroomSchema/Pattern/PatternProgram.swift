/// A pattern as an automaton: Thompson's construction (Regular Expression Search Algorithm, 1968)
/// in the form that Cox gives it (Regular Expression Matching: the Virtual Machine Approach, 2009).
struct PatternProgram: Sendable {
  /// One state. What follows is the next one, unless it says otherwise.
  enum State: Sendable {
    /// Goes on over a code point of a set, by its index.
    case consume(Int)
    /// Goes on at both.
    case branch(Int, Int)
    case jump(Int)
    case assert(PatternNode.Assertion)
    /// Goes on if what begins at a state matches from here on, or does not; and behind it.
    case look(Int, isNegative: Bool, next: Int)
    case match
  }

  private(set) var states: [State] = []
  private(set) var sets: [CodePointSet] = []
  /// Whether a match can only begin at the start of the text.
  let isAnchored: Bool
  /// States and visits of the syntax tree that are left. Visits count too: what repeats the empty
  /// group makes no states.
  private var allowance: Int

  /// Builds the automaton of a pattern.
  ///
  /// - Parameter allowance: how many states there may be; what is used is taken away.
  init(_ node: PatternNode, allowance: inout Int) throws(PatternFault) {
    isAnchored = Self.isAnchored(node)
    self.allowance = allowance
    try add(node)
    try add(.match)
    allowance = self.allowance
  }

  private static func isAnchored(_ node: PatternNode) -> Bool {
    switch node {
    case .assertion(.start): true
    case .sequence(let nodes): nodes.first.map(isAnchored) ?? false
    case .alternatives(let nodes): nodes.allSatisfy(isAnchored)
    default: false
    }
  }

  private mutating func spend() throws(PatternFault) {
    allowance -= 1
    guard allowance >= 0 else { throw .tooManyStates }
  }

  private mutating func add(_ state: State) throws(PatternFault) {
    try spend()
    states.append(state)
  }

  private mutating func add(_ node: PatternNode) throws(PatternFault) {
    switch node {
    case .empty: try spend()
    case .set(let set):
      sets.append(set)
      try add(.consume(sets.count - 1))
    case .assertion(let assertion): try add(.assert(assertion))
    case .lookahead(let node, let isNegative):
      let look = states.count
      try add(.match)
      try add(node)
      try add(.match)
      states[look] = .look(look + 1, isNegative: isNegative, next: states.count)
    case .sequence(let nodes):
      for node in nodes { try add(node) }
    case .alternatives(let nodes): try addAlternatives(nodes)
    case .repetition(let node, let minimum, let maximum):
      try addRepetition(node, minimum, maximum)
    }
  }

  private mutating func addAlternatives(_ nodes: [PatternNode]) throws(PatternFault) {
    var jumps: [Int] = []
    for (index, node) in nodes.enumerated() {
      guard index < nodes.count - 1 else {
        try add(node)
        break
      }
      let branch = states.count
      try add(.branch(0, 0))
      try add(node)
      jumps.append(states.count)
      try add(.jump(0))
      states[branch] = .branch(branch + 1, states.count)
    }
    for jump in jumps { states[jump] = .jump(states.count) }
  }

  private mutating func addRepetition(
    _ node: PatternNode, _ minimum: Int, _ maximum: Int?
  ) throws(PatternFault) {
    try spend()
    let start = sets.count
    for _ in 0..<minimum { try addCopy(node, of: start) }
    guard let maximum else {
      let branch = states.count
      try add(.branch(0, 0))
      try addCopy(node, of: start)
      try add(.jump(branch))
      states[branch] = .branch(branch + 1, states.count)
      return
    }
    var branches: [Int] = []
    for _ in 0..<(maximum - minimum) {
      branches.append(states.count)
      try add(.branch(0, 0))
      try addCopy(node, of: start)
    }
    for branch in branches { states[branch] = .branch(branch + 1, states.count) }
  }

  /// Adds what is repeated once more; the copies of a single set share it.
  private mutating func addCopy(_ node: PatternNode, of index: Int) throws(PatternFault) {
    guard case .set(let set) = node else { return try add(node) }
    if index == sets.count { sets.append(set) }
    try add(.consume(index))
  }
}
