import CloakroomCore
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

  @Test("takes no exponential time for many stars")
  func stars() {
    let pattern = Glob(String(repeating: "a*", count: 100) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 1000)))
  }
}
