import CloakroomCore
import Logging
import Testing

@testable import CloakroomObservability

@Suite("The operator's log as text", .timeLimit(.minutes(1)))
struct OperatorLogTests {
  private static func line(
    _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata = [:], journal: Bool
  ) -> String {
    OperatorLog(isForJournal: journal).line(
      level, message, metadata, at: Timestamp(milliseconds: 0))
  }

  @Test("has a time and a level, and the message before its fields")
  func plain() {
    #expect(
      Self.line(.notice, "serving", ["store": "memory", "a": "1"], journal: false)
        == "1970-01-01T00:00:00.000Z notice serving a=1 store=memory\n")
  }

  @Test("has priorities for journald, which has times of its own, on each line of a message")
  func journal() {
    let levels: [(Logger.Level, Int)] = [
      (.critical, 2), (.error, 3), (.warning, 4), (.notice, 5), (.info, 6), (.debug, 7),
      (.trace, 7),
    ]
    for (level, priority) in levels {
      #expect(
        Self.line(level, "one\ntwo", ["a": "b"], journal: true)
          == "<\(priority)>one a=b\n<\(priority)>two\n")
    }
  }

  @Test(
    "has a list as its elements with commas between them",
    arguments: [
      ([], "\"\""), (["one"], "one"), (["one", "two"], "one,two"),
      (["main ES256 active", "old HS256 verify"], #""main ES256 active,old HS256 verify""#),
      (["a,b", "c"], #""\"a,b\",c""#),
    ])
  func list(values: [String], written: String) {
    #expect(Self.line(.info, "m", ["k": .list(values)], journal: true) == "<6>m k=\(written)\n")
  }

  @Test(
    "has no field in which a line or another field can hide, and no command for a terminal",
    arguments: [
      ("plain", "plain"), ("two words", "\"two words\""), ("a=b", "\"a=b\""), ("", "\"\""),
      ("a\n2026 error", #""a\n2026 error""#), (#"say "x"\"#, #""say \"x\"\\""#),
      ("\u{9B}31m", #""\u{9b}31m""#), ("\u{7F}", #""\u{7f}""#), ("\u{1B}[0m", #""\u{1b}[0m""#),
      ("é", "é"),
    ])
  func quoted(value: String, written: String) {
    #expect(
      Self.line(.info, "m", ["k": "\(value)"], journal: true) == "<6>m k=\(written)\n")
  }
}
