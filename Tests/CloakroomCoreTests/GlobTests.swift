import CloakroomCore
import NIOCore
import Testing

@Suite("A glob", .timeLimit(.minutes(1)))
struct GlobTests {
  @Test(
    "matches whole texts, and a star matches any run",
    arguments: [
      ("*", "", true), ("*", "kv.get", true), ("", "", true), ("", "a", false),
      ("kv.*", "kv.get", true), ("kv.*", "kv.", true), ("kv.*", "kv", false),
      ("kv.*", "akv.get", false), ("kv.get", "kv.get", true), ("kv.get", "kv.gets", false),
      ("kv.get", "kvxget", false), ("*.get", "batch.get", true), ("*.get", "batch.gets", false),
      ("a*b*c", "aXbXbXc", true), ("a*b*c", "aXcXb", false), ("**", "x", true),
      ("a*", "a*", true), ("*a*a*b", "aaaa", false), ("*aab", "aaaab", true),
      ("ä*", "äö", true), ("?", "x", false), ("[a]", "a", false),
      // What stands before the star and what stands behind it share no character.
      ("ab*ba", "aba", false), ("ab*ba", "abba", true), ("a*a", "a", false), ("a*a", "aa", true),
      ("aa*aa", "aaa", false), ("aba*aba", "ababa", false), ("ab*b*ba", "abba", false),
      ("ab*b*ba", "abbba", true),
    ] as [(String, String, Bool)])
  func matches(pattern: String, text: String, expected: Bool) {
    #expect(Glob(pattern).matches(text) == expected)
  }

  @Test(
    "takes no more time than text and pattern have bytes: by places times bytes it would be hours")
  func linear() {
    let part = String(repeating: "a", count: 1_000_000)
    let pattern = Glob("*\(part)b*\(part)c*")
    #expect(!pattern.matches(String(repeating: "a", count: 8_000_000)))
    #expect(pattern.matches(part + part + "b" + part + "c"))
  }

  @Test("matches as if all ways were tried")
  func allWays() {
    func matches(_ pattern: Substring, _ text: Substring) -> Bool {
      guard let first = pattern.first else { return text.isEmpty }
      if first == "*" {
        return matches(pattern.dropFirst(), text)
          || !text.isEmpty && matches(pattern, text.dropFirst())
      }
      return text.first == first && matches(pattern.dropFirst(), text.dropFirst())
    }
    func word(_ letters: [Character], _ most: Int) -> String {
      String((0..<Int.random(in: 0...most)).map { _ in letters.randomElement() ?? "a" })
    }
    for _ in 0..<3000 {
      let (pattern, text) = (word(["a", "a", "b", "*"], 9), word(["a", "a", "b"], 12))
      #expect(Glob(pattern).matches(text) == matches(pattern[...], text[...]), "\(pattern) \(text)")
    }
  }

  @Test("takes no exponential time for many stars")
  func stars() {
    let pattern = Glob(String(repeating: "a*", count: 100) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 1000)))
  }

  /// A glob, names that it matches, and names that it doesn't.
  static let redisCases: [(String, [String], [String])] = [
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

  @Test(
    "of Redis' matches whole names, and a backslash takes a meaning away", arguments: redisCases)
  func redis(glob: String, matching: [String], others: [String]) {
    let pattern = Glob(redis: ByteBuffer(string: glob))
    for name in matching { #expect(pattern.matches(ByteBuffer(string: name)), "\(name)") }
    for name in others { #expect(!pattern.matches(ByteBuffer(string: name)), "\(name)") }
  }

  @Test("takes bounded work, however many wildcards it has")
  func bounded() {
    let glob = ByteBuffer(string: String(repeating: "*a", count: 500) + "*b")
    let name = ByteBuffer(string: String(repeating: "a", count: 100_000))
    let start = ContinuousClock.now
    #expect(!Glob(redis: glob).matches(name))
    // Trying all ways would take longer than the universe has been there.
    #expect(ContinuousClock.now - start < .seconds(20))
  }
}
