import CloakroomSchema
import Testing

@Suite("A JSON Pointer", .timeLimit(.minutes(1)))
struct PointerTests {
  /// RFC 6901, section 5: pointers, and the names that they lead along.
  static let pointers: [(String, [String])] = [
    ("", []), ("/foo", ["foo"]), ("/foo/0", ["foo", "0"]), ("/", [""]), ("/a~1b", ["a/b"]),
    ("/c%d", ["c%d"]), ("/e^f", ["e^f"]), ("/g|h", ["g|h"]), (#"/i\j"#, [#"i\j"#]),
    (#"/k"l"#, [#"k"l"#]), ("/ ", [" "]), ("/m~0n", ["m~n"]), ("/~01", ["~1"]), ("//", ["", ""]),
    ("/\u{0338}", ["\u{0338}"]),
  ]

  @Test("is read, and written again as it was", arguments: pointers)
  func read(text: String, path: [String]) throws {
    let pointer = try #require(JSONPointer(text))
    #expect(pointer.path == path.map { Array($0.utf8) })
    #expect(Array(pointer.text.utf8) == Array(text.utf8))
  }

  @Test("begins with a slash and escapes a tilde", arguments: ["a", "a/b", "/~", "/~2", "/a~"])
  func refused(text: String) { #expect(JSONPointer(text) == nil) }

  @Test(
    "holds another that leads further",
    arguments: [
      ("/a", "/a/b", true), ("/a", "/a", true), ("/a/b", "/a", false), ("/a", "/ab", false),
      ("", "/a", true),
    ])
  func holds(outer: String, inner: String, holds: Bool) throws {
    #expect(try #require(JSONPointer(outer)).holds(try #require(JSONPointer(inner))) == holds)
  }
}
