import NIOCore
import Testing

@testable import CloakroomStore

@Suite("A glob", .timeLimit(.minutes(1)))
struct GlobPatternTests {
  /// A glob, names that it matches, and names that it doesn't.
  static let cases: [(String, [String], [String])] = [
    ("", [""], ["a"]),
    ("a", ["a"], ["", "b", "aa", "A"]),
    ("*", ["", "a", "a:b", "*"], []),
    ("a*", ["a", "ab", "a*"], ["", "ba"]),
    ("*a", ["a", "ba", "aa"], ["", "ab"]),
    ("a*a", ["aa", "aba"], ["a", "ab"]),
    ("a*b*c", ["abc", "aXbYc", "abbcc"], ["ac", "acb", "abcd"]),
    // What stands before a wildcard and what stands behind it share no byte.
    ("ab*ba", ["abba", "abXba"], ["aba", "ab"]),
    ("aba*aba", ["abaaba"], ["aba", "ababa"]),
    ("ab*b*ba", ["abbba"], ["aba", "abba"]),
    ("a**b", ["ab", "axb"], ["a", "b"]),
    ("*ab*ab*", ["abab", "xababx", "abxab"], ["ab", "aba", "abaXb"]),
    (#"a\*b"#, ["a*b"], ["ab", "axb", #"a\*b"#]),
    (#"a\?b"#, ["a?b"], ["axb"]),
    (#"\[ab\]"#, ["[ab]"], ["a", "b"]),
    (#"\\*"#, [#"\"#, #"\x"#], ["x", ""]),
    (#"a\"#, [#"a\"#], ["a"]),
    (#"\a"#, ["a"], [#"\a"#]),
    ("é*", ["é", "éa"], ["e"]),
  ]

  @Test("matches whole names", arguments: cases)
  func matching(glob: String, matching: [String], others: [String]) {
    let pattern = GlobPattern(ByteBuffer(string: glob))
    for name in matching { #expect(pattern.matches(ByteBuffer(string: name)), "\(name)") }
    for name in others { #expect(!pattern.matches(ByteBuffer(string: name)), "\(name)") }
  }

  @Test("takes bounded work, however many wildcards it has")
  func bounded() {
    let glob = ByteBuffer(string: String(repeating: "*a", count: 500) + "*b")
    let name = ByteBuffer(string: String(repeating: "a", count: 100_000))
    let start = ContinuousClock.now
    #expect(!GlobPattern(glob).matches(name))
    // Trying all ways would take longer than the universe has been there.
    #expect(ContinuousClock.now - start < .seconds(20))
  }
}
