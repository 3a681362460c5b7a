import Testing

@testable import CloakroomCommand

@Suite("What is no command", .timeLimit(.minutes(1)))
struct CommandGuessTests {
  @Test(
    "gets a suggestion",
    arguments: [
      ("sevre", "there is no command sevre (did you mean serve?)"),
      ("helth", "(did you mean health?)"), ("kv.get", "kv.get is a method: cloakroom call kv.get"),
      ("xyzzy", "there is no command xyzzy\n"),
    ])
  func suggestion(name: String, complaint: String) {
    #expect(CloakroomCommand.complaint(about: name)?.contains(complaint) == true)
  }

  @Test(
    "is none that there is, and no option", arguments: ["serve", "call", "help", "--version", ""])
  func none(name: String) { #expect(CloakroomCommand.complaint(about: name) == nil) }

  @Test(
    "a time to wait is seconds, or has a unit",
    arguments: [
      ("10", Duration.seconds(10)), ("0.5", .milliseconds(500)), ("500ms", .milliseconds(500)),
      ("2m", .seconds(120)), ("24h", .seconds(86_400)), ("0", nil), ("-1", nil), ("2d", nil),
      ("soon", nil), ("nan", nil),
    ] as [(String, Duration?)])
  func timeout(text: String, duration: Duration?) {
    #expect(Timeout(argument: text)?.duration == duration)
  }

  @Test("a terminal is shown no command of somebody else's, and JSON stays JSON")
  func terminal() {
    let text = "{\"a\":\"é\u{9B}31m\u{7F}\u{85}\"}\n\tä\u{1B}"
    let shown = String(decoding: Terminal.escaped(Array(text.utf8)), as: UTF8.self)
    #expect(shown == #"{"a":"é\u009b31m\u007f\u0085"}"# + "\n\tä" + #"\u001b"#)
    // A return ends a line; alone it would have the line written over.
    let returned = Terminal.escaped(Array("[true,\r\"false\"]\r\n\r".utf8))
    #expect(
      String(decoding: returned, as: UTF8.self) == #"[true,\u000d"false"]"# + "\r\n" + #"\u000d"#)
  }
}
