import Support
import Testing

@testable import CloakroomSchema

/// Searches against a plain algorithm, which tries everything.
@Suite("Patterns against a plain algorithm", .timeLimit(.minutes(2)))
struct PatternPropertyTests {
  /// Where a pattern's matches that begin at a position end.
  private static func ends(
    _ node: PatternNode, from start: Int, in text: [UInt32], _ sets: [CodePointSet]
  ) -> Set<Int> {
    switch node {
    case .empty: return [start]
    case .set(let set):
      return start < text.count && sets[set].contains(text[start]) ? [start + 1] : []
    case .assertion(let assertion):
      let before = start > 0 && isWord(text[start - 1])
      let after = start < text.count && isWord(text[start])
      let holds =
        switch assertion {
        case .start: start == 0
        case .end: start == text.count
        case .wordBoundary: before != after
        case .noWordBoundary: before == after
        }
      return holds ? [start] : []
    case .lookahead(let node, let isNegative):
      return ends(node, from: start, in: text, sets).isEmpty == isNegative ? [start] : []
    case .sequence(let nodes):
      return nodes.reduce([start]) { starts, node in
        starts.reduce(into: []) { $0.formUnion(ends(node, from: $1, in: text, sets)) }
      }
    case .alternatives(let nodes):
      return nodes.reduce(into: []) { $0.formUnion(ends($1, from: start, in: text, sets)) }
    case .repetition(let node, let minimum, let maximum):
      var places: Set<Int> = [start]
      var result: Set<Int> = minimum == 0 ? places : []
      // More than this changes nothing: each time consumes something, or leads where it was before.
      let most = min(maximum ?? .max, minimum + text.count + 1)
      for time in 0..<most {
        places = places.reduce(into: []) { $0.formUnion(ends(node, from: $1, in: text, sets)) }
        if time + 1 >= minimum { result.formUnion(places) }
      }
      return result
    }
  }

  private static func isWord(_ point: UInt32) -> Bool {
    CodePointSet.wordCharacters.contains { $0.contains(point) }
  }

  /// A random pattern.
  private static func pattern(_ depth: Int, _ random: inout SplitMix) -> String {
    let atoms = ["a", "b", "_", "é", ".", "[ab]", "[^a]", "\\w", "\\W", "[a-é]", "\\p{L}", "\\d"]
    func one(_ random: inout SplitMix) -> String {
      guard depth > 0 else { return atoms.randomElement(using: &random) ?? "a" }
      switch Int.random(in: 0..<10, using: &random) {
      case 0: return "(?=\(pattern(depth - 1, &random)))"
      case 1: return "(?!\(pattern(depth - 1, &random)))"
      case 2: return ["^", "$", "\\b", "\\B"].randomElement(using: &random) ?? "^"
      case 3, 4:
        let quantifier = ["*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}"]
        return "(?:\(pattern(depth - 1, &random)))"
          + (quantifier.randomElement(using: &random) ?? "*")
      case 5: return "(\(pattern(depth - 1, &random))|\(pattern(depth - 1, &random)))"
      default: return atoms.randomElement(using: &random) ?? "a"
      }
    }
    return (0..<Int.random(in: 1...3, using: &random)).map { _ in one(&random) }.joined()
  }

  private static func text(_ random: inout SplitMix) -> String {
    let letters = ["a", "b", "_", "é", " ", "1", "漢", "\n", "😀"]
    return (0..<Int.random(in: 0...7, using: &random))
      .map { _ in letters.randomElement(using: &random) ?? "a" }.joined()
  }

  @Test("find the same, alone and together, whatever they have learnt", arguments: 1...4)
  func agrees(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    var matches = 0
    for _ in 0..<60 {
      let patterns = (0..<3).map { _ in Self.pattern(3, &random) }
      var allowance = 100_000
      let together = try Pattern(
        patterns.map { JSONText($0) }, depth: 99, allowance: &allowance)
      let search = PatternSearch(together)
      let alone = try patterns.map {
        PatternSearch(try Pattern([JSONText($0)], depth: 99, allowance: &allowance))
      }
      for _ in 0..<30 {
        let text = Self.text(&random)
        let bytes = Array(text.utf8)
        var budget = Budget(steps: 10_000_000)
        let found = try search.run(over: bytes[...], isOneEnough: false, &budget)[0]
        for (index, pattern) in patterns.enumerated() {
          var sets = PatternSets()
          let node = try PatternParser.parse(pattern, depth: 99, sets: &sets)
          let points = text.unicodeScalars.map(\.value)
          let expected = (0...points.count).contains {
            !Self.ends(node, from: $0, in: points, sets.list).isEmpty
          }
          #expect((found >> UInt64(index) & 1 == 1) == expected, "\(pattern) in \(bytes)")
          let one = try alone[index].run(over: bytes[...], isOneEnough: true, &budget)[0]
          #expect((one == 1) == expected, "\(pattern) in \(bytes), alone")
          matches += expected ? 1 : 0
        }
      }
    }
    #expect(matches > 500)
  }

  @Test("find the same when what they have learnt is too much to be kept")
  func forgets() throws {
    var allowance = 20_000
    // A pattern of which nearly every text leads to something new.
    let pattern = try Pattern(
      [JSONText("^[ab]{60}a")], depth: 9, allowance: &allowance)
    let search = PatternSearch(pattern)
    var random = SplitMix(seed: 7)
    var isForgetful = false
    for _ in 0..<40 {
      let letters = (0..<600).map { _ in UInt8(ascii: Bool.random(using: &random) ? "a" : "b") }
      var budget = Budget(steps: 10_000_000)
      let found = try search.run(over: letters[...], isOneEnough: true, &budget)[0]
      #expect((found == 1) == (letters[60] == UInt8(ascii: "a")))
      isForgetful = isForgetful || search.timesForgotten > 0
    }
    #expect(isForgetful)
  }
}
