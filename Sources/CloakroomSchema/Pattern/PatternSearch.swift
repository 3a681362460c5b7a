internal import CloakroomWire

/// What searches for patterns have learnt: a deterministic automaton that is made as texts need it, for one
/// validation.
///
/// A text is read from its end. At each position it is known from which states of the patterns' automaton a match
/// can be come to, and so, of the positions behind, for lookaheads too: none of them is searched twice.
/// What is known at a position follows from what is known at the one behind it, from the character between them and
/// from what is before: each such step is taken once, and looked up from then on (Rabin and Scott, Finite Automata
/// and Their Decision Problems, 1959, by need).
final class PatternSearch {
  /// What the automaton may take, in bytes; what was learnt is forgotten then.
  static let mostBytes = 1 << 20
  /// What stands before a position.
  private enum Before: Int { case start, word, other }

  private let program: PatternProgram
  private let befores: Int
  private let words: Int
  private let matchWords: Int
  private let symbols: Int

  // Of each state: which consuming states of the patterns are live, which patterns match, and where each ASCII
  // character leads to, -1 where that isn't known.
  private var live: [UInt64] = []
  private var matched: [UInt64] = []
  private var hasMatch: [Bool] = []
  private var hashes: [UInt64] = []
  private var transitions: [Int32] = []
  /// Where other characters lead to, by the state, the character and what is before it.
  private var others: [UInt64: Int32] = [:]
  private var ends: [Int32] = [-1, -1, -1]
  /// States by what is live in them: their number plus one, 0 is free.
  private var places: [UInt32] = Array(repeating: 0, count: 16)

  /// How often what was learnt was forgotten.
  private(set) var timesForgotten = 0

  // Where the states that are visited for one step are kept.
  private var visits: [UInt32]
  private var visit: UInt32 = 0
  private var waiting: [Int32] = []
  private var groupHeads: [Int32]
  private var groupLinks: [Int32] = []
  private var nextLive: [UInt64]
  private var nextMatched: [UInt64]

  /// A search that has learnt nothing yet.
  init(_ pattern: Pattern) {
    program = pattern.program
    befores = program.looksBack ? 3 : 1
    words = (program.states.count + 63) / 64
    matchWords = (program.starts.count + 63) / 64
    symbols = program.classCount * befores
    visits = Array(repeating: 0, count: program.states.count)
    groupHeads = Array(repeating: -1, count: program.groups)
    if program.groups > 1 { groupLinks = Array(repeating: -1, count: program.states.count) }
    nextLive = Array(repeating: 0, count: words)
    nextMatched = Array(repeating: 0, count: matchWords)
  }

  /// What making it costs, in steps.
  static func cost(_ pattern: Pattern) -> Int { 16 + pattern.program.states.count / 8 }

  /// Which patterns match anywhere in a text, one bit each.
  ///
  /// - Parameters:
  ///   - text: valid UTF-8.
  ///   - isOneEnough: ends with the first match of any.
  ///   - budget: a step for each character, and more for those that lead to where no text has led so far.
  func run(
    over text: ArraySlice<UInt8>, isOneEnough: Bool, _ budget: inout Budget
  ) throws(SchemaFault) -> [UInt64] {
    var result = [UInt64](repeating: 0, count: matchWords)
    var at = text.endIndex
    var state = try end(before: before(at, text), &budget)
    while true {
      if hasMatch[state] {
        for word in 0..<matchWords { result[word] |= matched[state * matchWords + word] }
        if isOneEnough { return result }
      }
      guard at > text.startIndex else { return result }
      try budget.spend(1)
      at -= 1
      let byte = text[at]
      guard byte >= 0x80 else {
        let before = before(at, text)
        let symbol = state * symbols + Int(program.classes[Int(byte)]) * befores + before
        let known = transitions[symbol]
        if known >= 0 {
          state = Int(known)
        } else {
          state = try learn(state, UInt32(byte), before, at: symbol, &budget)
        }
        continue
      }
      while at > text.startIndex, text[at] & 0xC0 == 0x80 { at -= 1 }
      state = try step(from: state, over: Self.point(text, at), before(at, text), &budget)
    }
  }

  /// What stands before a position, where that makes a difference.
  @inline(__always)
  private func before(_ at: Int, _ text: ArraySlice<UInt8>) -> Int {
    guard befores > 1 else { return 0 }
    guard at > text.startIndex else { return Before.start.rawValue }
    return Self.isWord(UInt32(text[at - 1])) ? Before.word.rawValue : Before.other.rawValue
  }

  /// Whether a character is part of a word; what is not ASCII never is.
  private static func isWord(_ point: UInt32) -> Bool {
    CodePointSet.wordCharacters.contains { $0.contains(point) }
  }

  /// The code point whose first byte, of several, is at a position.
  private static func point(_ text: ArraySlice<UInt8>, _ start: Int) -> UInt32 {
    let lead = text[start]
    let count = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    var point = UInt32(lead) & (0x7F >> UInt32(count))
    for byte in text[start...].dropFirst().prefix(count - 1) {
      point = point << 6 | UInt32(byte & 0x3F)
    }
    return point
  }

  // MARK: Steps

  private func end(before: Int, _ budget: inout Budget) throws(SchemaFault) -> Int {
    let known = ends[before]
    if known >= 0 { return Int(known) }
    let (state, isNew) = try find(behind: nil, nil, before, &budget)
    if isNew { ends[before] = Int32(clamping: state) }
    return state
  }

  private func learn(
    _ state: Int, _ point: UInt32, _ before: Int, at symbol: Int, _ budget: inout Budget
  ) throws(SchemaFault) -> Int {
    let (next, isNew) = try find(behind: state, point, before, &budget)
    if isNew { transitions[symbol] = Int32(clamping: next) }
    return next
  }

  private func step(
    from state: Int, over point: UInt32, _ before: Int, _ budget: inout Budget
  ) throws(SchemaFault) -> Int {
    try budget.spend(3)
    let key = UInt64(state) << 24 | UInt64(point) << 2 | UInt64(before)
    if let known = others[key] { return Int(known) }
    let (next, isNew) = try find(behind: state, point, before, &budget)
    if isNew { others[key] = Int32(clamping: next) }
    return next
  }

  /// Finds out what is known at a position.
  ///
  /// - Parameters:
  ///   - state: what is known behind the character that follows; nil at the text's end.
  ///   - after: that character.
  /// - Returns: what is known, and whether what was learnt before is still there.
  private func find(
    behind state: Int?, _ after: UInt32?, _ before: Int, _ budget: inout Budget
  ) throws(SchemaFault) -> (state: Int, isNew: Bool) {
    try budget.spend(8 + words / 2 + symbols / 8 + program.matches.count)
    visit += 1
    for word in 0..<words { nextLive[word] = 0 }
    if let state, let after { try seed(state, after, &budget) }
    for match in program.matches { push(match) }
    for group in 0..<program.groups {
      if program.groups > 1 {
        var next = groupHeads[group]
        groupHeads[group] = -1
        while next >= 0 {
          waiting.append(next)
          next = groupLinks[Int(next)]
        }
      }
      try spread(after, before, &budget)
    }
    for word in 0..<matchWords { nextMatched[word] = 0 }
    var isMatch = false
    for (index, start) in program.starts.enumerated() where visits[start] == visit {
      nextMatched[index / 64] |= 1 << UInt64(index % 64)
      isMatch = true
    }
    try budget.spend(program.starts.count / 8)
    return intern(isMatch)
  }

  /// Visits the states that consume the character that follows and are live behind it.
  private func seed(
    _ state: Int, _ after: UInt32, _ budget: inout Budget
  ) throws(SchemaFault) {
    for word in 0..<words {
      var bits = live[state * words + word]
      try budget.spend(bits.nonzeroBitCount)
      while bits != 0 {
        let index = word * 64 + bits.trailingZeroBitCount
        bits &= bits - 1
        if program.sets[Int(program.states[index].first)].contains(after) {
          push(Int32(truncatingIfNeeded: index))
        }
      }
    }
  }

  private func push(_ state: Int32) {
    let index = Int(state)
    guard visits[index] != visit else { return }
    visits[index] = visit
    guard program.groups > 1 else { return waiting.append(state) }
    let group = Int(program.states[index].group)
    groupLinks[index] = groupHeads[group]
    groupHeads[group] = state
  }

  /// Visits all states of a group from which those that wait are come to without consuming anything.
  private func spread(
    _ after: UInt32?, _ before: Int, _ budget: inout Budget
  ) throws(SchemaFault) {
    while let state = waiting.popLast() {
      let index = Int(state)
      let sources = Int(program.sourceStarts[index])..<Int(program.sourceStarts[index + 1])
      try budget.spend(1 + sources.count)
      if index > 0, program.states[index - 1].operation == .consume {
        nextLive[(index - 1) / 64] |= 1 << UInt64((index - 1) % 64)
      }
      for place in sources {
        let source = program.sources[place]
        guard visits[Int(source)] != visit, holds(program.states[Int(source)], after, before)
        else { continue }
        visits[Int(source)] = visit
        waiting.append(source)
      }
    }
  }

  /// Whether a state goes on at a position.
  private func holds(
    _ state: PatternProgram.State, _ after: UInt32?, _ before: Int
  ) -> Bool {
    switch state.operation {
    case .branch, .jump: true
    case .atStart: before == Before.start.rawValue
    case .atEnd: after == nil
    case .atWordBoundary: isBoundary(after, before)
    case .notAtWordBoundary: !isBoundary(after, before)
    // What is within it was decided before, as it has a lower number.
    case .look: visits[Int(state.first)] == visit
    case .lookNot: visits[Int(state.first)] != visit
    case .consume, .match: false
    }
  }

  private func isBoundary(_ after: UInt32?, _ before: Int) -> Bool {
    (before == Before.word.rawValue) != (after.map(Self.isWord) ?? false)
  }

  // MARK: States

  /// The number of what was found, which it is given when it comes for the first time.
  private func intern(_ isMatch: Bool) -> (state: Int, isNew: Bool) {
    var hash = UInt64(words)
    for word in nextLive { hash = JSONHash.joined(hash, word) }
    for word in nextMatched { hash = JSONHash.joined(hash, word) }
    var place = Int(truncatingIfNeeded: hash & UInt64(places.count - 1))
    while places[place] > 0 {
      let state = Int(places[place]) - 1
      if isSame(state) { return (state, true) }
      place = (place + 1) & (places.count - 1)
    }
    var isNew = true
    let size = words * 8 + matchWords * 8 + symbols * 4 + 16
    if (hasMatch.count + 1) * size + others.count * 32 > Self.mostBytes, !hasMatch.isEmpty {
      forget()
      isNew = false
      place = Int(truncatingIfNeeded: hash & UInt64(places.count - 1))
    }
    let state = hasMatch.count
    live += nextLive
    matched += nextMatched
    hasMatch.append(isMatch)
    transitions.append(contentsOf: repeatElement(-1, count: symbols))
    hashes.append(hash)
    places[place] = UInt32(state + 1)
    if hasMatch.count * 2 > places.count { grow() }
    return (state, isNew)
  }

  private func isSame(_ state: Int) -> Bool {
    for word in 0..<words where live[state * words + word] != nextLive[word] { return false }
    for word in 0..<matchWords
    where matched[state * matchWords + word] != nextMatched[word] {
      return false
    }
    return true
  }

  private func forget() {
    timesForgotten += 1
    live.removeAll(keepingCapacity: true)
    matched.removeAll(keepingCapacity: true)
    hasMatch.removeAll(keepingCapacity: true)
    transitions.removeAll(keepingCapacity: true)
    hashes.removeAll(keepingCapacity: true)
    others.removeAll(keepingCapacity: true)
    ends = [-1, -1, -1]
    places = Array(repeating: 0, count: 16)
  }

  private func grow() {
    places = Array(repeating: 0, count: places.count * 2)
    for (state, hash) in hashes.enumerated() {
      var place = Int(truncatingIfNeeded: hash & UInt64(places.count - 1))
      while places[place] > 0 { place = (place + 1) & (places.count - 1) }
      places[place] = UInt32(state + 1)
    }
  }
}
