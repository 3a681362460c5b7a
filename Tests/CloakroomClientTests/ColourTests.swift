import CloakroomClient
import CloakroomWire
import Support
import Testing

@testable import CloakroomCommand

@Suite("Colours", .timeLimit(.minutes(1)))
struct ColourTests {
  private static let (green, red, end) = ("\u{1B}[32m", "\u{1B}[31m", "\u{1B}[0m")

  /// What standard error gets of an outcome.
  private static func shown(_ outcome: Outcome, _ environment: CommandEnvironment) -> String {
    String(decoding: outcome.shownComplaint(environment), as: UTF8.self)
  }

  @Test("show on a terminal what is wrong, but not the advice behind it, and nothing in a pipe")
  func complaint() {
    let outcome = Outcome.failure(.failure, "NOT_FOUND: there is none\ntry another")
    #expect(
      Self.shown(outcome, .test(isTerminal: true))
        == "\(Self.red)NOT_FOUND: there is none\(Self.end)\ntry another\n")
    for environment in [
      .test(), .test(variables: ["NO_COLOR": "1"], isTerminal: true),
    ] as [CommandEnvironment] {
      #expect(Self.shown(outcome, environment) == "NOT_FOUND: there is none\ntry another\n")
    }
    #expect(
      Self.shown(.failures(.usage, "one\ntwo"), .test(isTerminal: true))
        == "\(Self.red)one\(Self.end)\n\(Self.red)two\(Self.end)\n")
  }

  @Test("let no command for the terminal through")
  func escapes() {
    #expect(
      Self.shown(.failure(.failure, "a\u{1B}[31mb"), .test(isTerminal: true))
        == "\(Self.red)a\\u001b[31mb\(Self.end)\n")
    let outcome = Outcome.success(Array("a\u{1B}[0mb\n".utf8), .bad, .test(isTerminal: true))
    #expect(outcome.text == "\(Self.red)a\\u001b[0mb\(Self.end)\n")
  }

  @Test("tell dead operations, and that there are none, at a glance")
  func dead() throws {
    let sidecar = try SidecarProcess()
    let place = ["--socket", sidecar.socket]
    let list = try DeadOperations.parse(place)
    let none = list.outcome(.test(isTerminal: true))
    #expect(
      Self.shown(none, .test(isTerminal: true))
        == "\(Self.green)no operation is dead\(Self.end)\n")
    let creation = #"{"operationType":"form","data":1,"backend":"store","maxAttempts":1}"#
    let created = try JSONNode(Call.outcome(["pending.create", creation] + place).output)
    let token = try #require(created["token"]?.string)
    let target = #"{"token":"\#(token)","operationType":"form""#
    let lease = try JSONNode(Call.outcome(["pending.checkout", target + "}"] + place).output)
    let receipt = try #require(lease["receipt"]?.string)
    _ = try Call.outcome(["pending.release", target + #","receipt":"\#(receipt)"}"#] + place)
    let shown = list.outcome(.test(isTerminal: true)).text
    #expect(shown.hasPrefix(Self.red) && shown.hasSuffix(Self.end + "\n"), "\(shown)")
    let plain = list.outcome(.test(variables: ["NO_COLOR": "1"], isTerminal: true)).text
    #expect(shown == "\(Self.red)\(plain.dropLast())\(Self.end)\n")
    #expect(try JSONNode(list.outcome(.test()).output)["operationType"]?.string == "form")
  }

  @Test("tell good flows and bad ones apart")
  func flows() throws {
    let files = ["good.json": #"{"steps":[{"id":"a"}]}"#, "bad.json": "{", "worse.json": "["]
    let outcome = try CheckFlows.parse(["good.json", "bad.json", "worse.json"])
      .outcome(.test(isTerminal: true, files: files))
    #expect(outcome.text == "\(Self.green)good.json: good is good: a\(Self.end)\n")
    let complaint = Self.shown(outcome, .test(isTerminal: true))
    #expect(complaint.split(separator: "\n").allSatisfy { $0.hasPrefix(Self.red) }, "\(complaint)")
  }

  @Test(
    "tell a good configuration and a bad one apart, of the real program on a real terminal",
    .enabled(if: Tool.isInstalled("script"), "needs script(1)"))
  func check() throws {
    func run(_ options: String, _ variables: [String] = []) throws -> String {
      let command = "\(Daemon.program) serve --socket /tmp/c.sock --check \(options)"
      return try Tool.run(["env"] + variables + ["script", "-qec", command, "/dev/null"]).output
    }
    #expect(try run("").contains("\(Self.green)the configuration is good\(Self.end)"))
    #expect(try run("--loops none").contains("\(Self.red)--loops: "))
    #expect(try !run("", ["NO_COLOR=1"]).contains("\u{1B}["))
    #expect(try !run("--loops none", ["NO_COLOR=1"]).contains("\u{1B}["))
  }
}
