import CloakroomSchema
import Testing

@Suite("Patterns", .timeLimit(.minutes(1)))
struct PatternTests {
  @Test(
    "A pattern matches what ECMA-262 says, anywhere in the text",
    arguments: [
      ("", ["", "a"], []), ("b", ["b", "abc"], ["", "ac"]), ("^b", ["b", "bc"], ["ab"]),
      ("b$", ["b", "ab"], ["bc", "b\n"]), ("^$", [""], ["a", "\n"]), ("a^b", [], ["ab", "a^b"]),
      ("^a|b$", ["ax", "xb"], ["xa", "bx"]), ("^(a|b)$", ["a", "b"], ["ab", ""]),
      ("^(?:ab|cd)+$", ["ab", "cdab"], ["a", "abc"]), ("^(?<name>a)$", ["a"], ["b"]),
      ("^()$", [""], ["a"]), ("^(|a)b$", ["b", "ab"], ["a"]), ("^(a*)*$", ["", "aa"], ["b"]),
      ("^(a?){3}$", ["", "aaa"], ["aaaa"]), ("^(a*?b??)+?$", ["", "aab"], ["c"]),
      ("^a{2}$", ["aa"], ["a", "aaa"]), ("^a{2,}$", ["aa", "aaaa"], ["a"]),
      ("^a{1,2}$", ["a", "aa"], ["", "aaa"]), ("^a{0}b$", ["b"], ["ab"]),
      ("^(ab{1,2}){2}$", ["abab", "abbab"], ["ab", "abbbab"]), ("^a{0,}$", ["", "a"], ["b"]),
      ("^.$", ["a", "é", "😀", "\u{85}"], ["", "\n", "\r", "\u{2028}", "ab"]),
      ("^[abc]$", ["a", "c"], ["d", "ab"]), ("^[^abc]$", ["d", "\n"], ["a", ""]),
      ("^[a-c]$", ["b"], ["d"]), ("^[a-]$", ["a", "-"], ["b"]), ("^[-a]$", ["a", "-"], ["b"]),
      ("^[a\\-c]$", ["-"], ["b"]), ("^[]$", [], ["", "a"]), ("^[^]$", ["a", "\n"], [""]),
      ("^[\\]\\\\]$", ["]", "\\"], ["["]), ("^[.*+?(){}|$^]$", [".", "$", "^"], ["a"]),
      ("^[\\b]$", ["\u{8}"], ["b"]), ("^[😀-😂]$", ["😁"], ["😃"]), ("^[é-ü]$", ["ö"], ["e"]),
      ("^\\d$", ["7"], ["a", "٧"]), ("^\\D$", ["a", "٧"], ["7"]),
      ("^\\w$", ["a", "_", "0"], ["-", "é"]), ("^\\W$", ["-", "é", "😀"], ["a"]),
      ("^\\s$", [" ", "\t", "\n", "\u{a0}", "\u{feff}", "\u{2029}"], ["a", "\u{180e}"]),
      ("^\\S$", ["a"], [" ", "\u{3000}"]), ("^[\\d.]+$", ["1.5"], ["1,5"]),
      ("^[^\\d\\s]$", ["a"], ["1", " "]), ("^[\\D]$", ["a"], ["1"]),
      ("^[\\w-]+$", ["a-b"], ["a.b"]),
      ("\\bcat\\b", ["cat", "a cat."], ["cats", "concat"]), ("\\Bcat", ["concat"], ["cat"]),
      ("^\\t\\n\\v\\f\\r$", ["\t\n\u{b}\u{c}\r"], ["t"]), ("^\\0$", ["\0"], ["0"]),
      ("^\\x41\\u0042\\u{43}\\u{1F600}\\cJ$", ["ABC😀\n"], ["ABC😀"]),
      ("^\\uD83D\\uDE00$", ["😀"], ["😁"]), ("^[\\uD83D\\uDE00]$", ["😀"], ["\u{fffd}"]),
      ("^\\^\\$\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\/\\-$", ["^$.*+?()[]{}|/-"], ["a"]),
      ("^\\p{L}+$", ["aéЖ漢"], ["a1"]), ("^\\p{Lu}$", ["É"], ["é"]), ("^\\P{Lu}$", ["é"], ["É"]),
      ("^\\p{gc=Nd}$", ["٧"], ["a"]), ("^\\p{General_Category=Letter}$", ["a"], ["1"]),
      ("^[\\p{Lu}\\d]+$", ["A1"], ["a1"]), ("^[^\\p{L}]$", ["1"], ["a", "é"]),
      ("é", ["café"], ["cafe", "cafe\u{301}"]),
      ("^(?=a)", ["a", "ab"], ["", "ba"]), ("a(?!b)", ["a", "ac", "aba"], ["ab", "b"]),
      ("^(?!.*\\.\\.)[a.]+$", ["a.a", "a"], ["a..a", ""]),
      ("^(?=.*\\d)(?=.*a)", ["1a", "a1"], ["1"]),
      ("^(?!(?=a)ab)a", ["aa", "a"], ["ab"]), ("^(?:(?!b)[a-c])+$", ["acca"], ["abc"]),
      ("(?=$)", ["", "a"], []), ("a(?=\\b)", ["a", "ba"], ["ab"]), ("(?!)", [], ["", "a"]),
      ("b(?=^|\\B)", ["abc"], ["ab"]), ("^(?=(a|b){2}$|c)", ["ab", "cab"], ["aba"]),
      (
        "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$",
        ["jo.bloggs@example.com"], [".jo@example.com", "jo..b@example.com", "jo@example"]
      ),
      ("^a b#c$", ["a b#c"], ["ab"]),
    ] as [(String, [String], [String])])
  func matches(pattern: String, matching: [String], others: [String]) throws {
    let schema = try JSONSchema(#"{"pattern": \#(quote(pattern))}"#)
    for text in matching { #expect(try schema.validate(quote(text)).isEmpty, "\(quote(text))") }
    for text in others { #expect(try !schema.validate(quote(text)).isEmpty, "\(quote(text))") }
  }

  @Test(
    "A pattern that is none, or that no bounded automaton decides, is refused",
    arguments: [
      "(?<=a)", "(?<!a)", "(?=a", "(?!", "(?=a)*", "(?!a)?", "(?=a){2}", "(a)\\1", "(?<n>a)\\k<n>",
      "(?i)a",
      "(?i:a)", "(?P<n>a)", "(?#c)", "(", ")", "a)", "(a", "(?", "(?<>a)", "(?<a b>c)", "[", "[a",
      "[b-a]", "[a-\\d]", "[\\d-a]", "*", "+a", "?", "a**", "a*{2}", "a{", "a{2", "a{,2}", "a{x}",
      "{1}", "a{3,2}", "}", "]", "\\", "[\\", "\\a", "\\e", "\\Z", "\\é", "\\x4", "\\xg0",
      "\\u12", "\\u{}", "\\u{110000}", "\\u{41", "\\c1", "\\01", "\\8", "\\p", "\\p{", "\\p{}",
      "\\p{Greek}", "\\p{Script=Greek}", "\\p{Emoji}", "^*", "\\b+", "|*",
      String(repeating: "(", count: 200) + String(repeating: ")", count: 200),
    ])
  func refuses(pattern: String) {
    let fault = #expect(throws: SchemaFault.self) {
      try JSONSchema(#"{"pattern": \#(quote(pattern))}"#)
    }
    guard case .refused("/pattern", _) = fault else {
      Issue.record("\(String(describing: fault))")
      return
    }
  }

  @Test(
    "A pattern that needs too many states is refused",
    arguments: [
      "a{20001}", "(a{200}){200}", "((a{40}){40}){40}", "a{1000000000000000000000}",
      "(){1000000}", "((){1000}){1000}", "(((){1000}){1000}){1000}", "a{0,10001}",
      "(a|b){5001}", "(?:){99999999}",
    ])
  func limitsStates(pattern: String) {
    #expect(throws: SchemaFault.exceeds(.patternStates)) {
      try JSONSchema(#"{"pattern": \#(quote(pattern))}"#)
    }
  }

  @Test("All patterns of a schema share its states")
  func sharesStates() {
    #expect(throws: SchemaFault.exceeds(.patternStates)) {
      try JSONSchema(#"{"patternProperties": {"a{9000}": true, "b{9000}": true, "c{9000}": true}}"#)
    }
  }

  @Test(
    "Patterns that make others backtrack take a few steps for a character",
    arguments: [
      ("(a+)+$", 12), ("^(a+)+$", 12), ("^(a|a)*$", 10), ("^(a|aa)+$", 12), ("(a*)*b", 10),
      ("^(([a-z])+.)+[A-Z]([a-z])+$", 16), ("(.*)(.*)(.*)(.*)x", 20),
    ] as [(String, Int)])
  func takesFewSteps(pattern: String, stepsPerCharacter: Int) throws {
    let count = 50_000
    let text = quote(String(repeating: "a", count: count) + "!")
    var limits = SchemaLimits()
    limits.steps = stepsPerCharacter * count
    let schema = try JSONSchema(#"{"pattern": \#(quote(pattern))}"#, limits: limits)
    #expect(try !schema.validate(text).isEmpty)
  }

  @Test("Lookaheads at every character take a few steps for each, however they are nested")
  func takesFewStepsForLookahead() throws {
    let count = 2_000
    let text = quote(String(repeating: "a", count: count))
    for (pattern, isMatch) in [("^(?:(?!a*b)a)*$", true), ("(?=(?:(?!a*b)a)*b)b", false)] {
      var limits = SchemaLimits()
      limits.steps = 2 * count
      let schema = try JSONSchema(#"{"pattern": \#(quote(pattern))}"#, limits: limits)
      #expect(try schema.validate(text).isEmpty == isMatch)
      limits.steps = count
      let other = try JSONSchema(#"{"pattern": \#(quote(pattern))}"#, limits: limits)
      #expect(throws: SchemaFault.exceeds(.steps)) { try other.validate(text) }
    }
  }

  /// A text as a JSON string, every character escaped that may have to be.
  private func quote(_ text: String) -> String {
    let units = text.utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    return "\"" + units.joined() + "\""
  }
}
