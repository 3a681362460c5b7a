import CloakroomCore
import Testing

@Suite("A plain name", .timeLimit(.minutes(1)))
struct PlainNameTests {
  @Test(
    "needs no escaping in a key, a label or a file's name",
    arguments: [
      ("billing", true), ("A-z_0.9", true), (String(repeating: "x", count: 64), true),
      ("", false), (String(repeating: "x", count: 65), false), ("a:b", false), ("a b", false),
      ("ä", false), ("a%", false), ("{a}", false), ("a\n", false), ("a/b", false), ("a\0", false),
    ])
  func accepts(text: String, isPlain: Bool) { #expect(PlainName.accepts(text) == isPlain) }
}
