import CloakroomClient
import CloakroomWire
import Testing

@testable import CloakroomCommand

@Suite("cloakroom flows", .timeLimit(.minutes(1)))
struct FlowCommandTests {
  private static let definition =
    #"{"name":"w","idleTtl":"30m","steps":[{"id":"a","title":"First \u001b[31m","schema":{"required":["x"]}},{"id":"b","dependsOn":["/x"],"when":{"required":["y"]}}]}"#

  private static func sidecar() throws -> SidecarProcess {
    let sidecar = try SidecarProcess()
    let place = ["--socket", sidecar.socket]
    try #require(Call.outcome(["flow.define", definition] + place).status == .success)
    return sidecar
  }

  private static func words(_ outcome: Outcome) -> [[String]] {
    outcome.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
  }

  @Test("list is a table on a terminal, and lines of JSON in a pipe and with --json")
  func list() throws {
    let sidecar = try Self.sidecar()
    let list = try ListFlows.parse(["--socket", sidecar.socket])
    let rows = Self.words(list.outcome(.test(isTerminal: true)))
    #expect(rows.first == ["FLOW", "VERSION", "LIVE", "DEFINED", "BY"])
    #expect(rows.count == 2)
    #expect(rows.last?.prefix(4) == ["w", "1", "*", "0"])
    let piped = list.outcome(.test())
    #expect(try JSONNode(piped.output)["name"]?.string == "w")
    let json = try ListFlows.parse(["--socket", sidecar.socket, "--json"])
    #expect(json.outcome(.test(isTerminal: true)) == piped)
  }

  @Test("show is a table of steps on a terminal, without what could harm it")
  func show() throws {
    let sidecar = try Self.sidecar()
    let show = try ShowFlow.parse(["w", "--socket", sidecar.socket])
    let shown = show.outcome(.test(isTerminal: true))
    #expect(shown.status == .success)
    let rows = Self.words(shown)
    #expect(rows.contains(["version", "1", "(of", "1)"]))
    #expect(rows.contains(["idleTtl", "30m"]))
    #expect(rows.contains { $0.first == "b" && $0.contains("/x") && $0.last == "conditional" })
    #expect(!shown.text.utf8.contains(0x1B))
    let absent = try ShowFlow.parse(["none", "--socket", sidecar.socket])
    #expect(absent.outcome(.test()).status == .failure)
  }

  @Test("show --json is a file that check finds good")
  func file() throws {
    let sidecar = try Self.sidecar()
    let text = try ShowFlow.parse(["w", "--socket", sidecar.socket]).outcome(.test()).text
    let check = try CheckFlows.parse(["flow.json"]).outcome(.test(files: ["flow.json": text]))
    #expect(check.status == .success)
    #expect(check.text == "flow.json: w is good: a, b\n")
  }

  @Test("check tells each file's fault with its place, and exits 64; one that can't be read is 66")
  func check() throws {
    let files = [
      "good.json": #"{"steps":[{"id":"a"}]}"#, "bad.json": #"{"steps":[{"id":"a","schema":3}]}"#,
      "broken.json": "{",
    ]
    let all = try CheckFlows.parse(["good.json", "bad.json", "broken.json"])
    let outcome = all.outcome(.test(files: files))
    #expect(outcome.status == .usage)
    #expect(outcome.text == "good.json: good is good: a\n")
    let lines = outcome.complaint.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first?.hasPrefix("bad.json: /steps/0/schema: ") == true)
    #expect(lines.last?.hasPrefix("broken.json:1:") == true)
    #expect(try CheckFlows.parse(["none.json"]).outcome(.test()).status == .noInput)
    let json = try CheckFlows.parse(["--json", "good.json"]).outcome(.test(files: files))
    #expect(json.text == #"{"file":"good.json","name":"good","steps":["a"]}"# + "\n")
  }
}
