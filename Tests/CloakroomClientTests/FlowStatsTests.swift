import CloakroomClient
import CloakroomWire
import Testing

@testable import CloakroomCommand

@Suite("cloakroom flows stats", .timeLimit(.minutes(1)))
struct FlowStatsTests {
  private static let stats = """
    {"name":"project","version":3,"fromAt":"2026-08-28T19:00:00.000Z",
    "toAt":"2026-11-26T20:00:00.000Z","live":12,"created":1204,"completed":300,"deleted":4,"dead":0,
    "abandoned":888,"steps":[
    {"id":"details","entered":1204,"completed":602,"abandoned":600,"medianMs":41234,"p90Ms":93784000,
    "errors":[{"keyword":"required","count":1000},{"keyword":"minLength","count":1}]},
    {"id":"b","entered":602,"completed":0,"abandoned":288,"medianMs":null,"p90Ms":null,"errors":[]},
    {"id":"\\u001b[2J","entered":0,"completed":0,"abandoned":0,"medianMs":3,"p90Ms":3,"errors":[]}]}
    """

  @Test("has a bar for each step on a terminal: completed, and come to and not completed")
  func bars() throws {
    let (full, half) = (String(repeating: "█", count: 15), String(repeating: "░", count: 15))
    let blank = String(repeating: " ", count: 15)
    #expect(
      FlowStatsTable.text(try JSONNode(Array(Self.stats.utf8)), hasBars: true) == """
        project version 3, 2026-08-28T19 to 2026-11-26T20 UTC
        1,204 created, 300 completed, 888 abandoned, 4 deleted, 0 dead, 12 live
        step     \(blank)\(blank)  entered  completed  gave up  median      p90  errors
        details  \(full)\(half)    1,204        602      600  41.2 s  1 d 2 h  required 1,000, minLength 1
        b        \(half)\(blank)      602          0      288       -        -
        ?[2J     \(blank)\(blank)        0          0        0  3.0 ms   3.0 ms

        """)
  }

  @Test("is a plain table in a pipe")
  func plain() throws {
    let text = FlowStatsTable.text(try JSONNode(Array(Self.stats.utf8)), hasBars: false)
    #expect(text.utf8.allSatisfy { $0 < 0x80 && ($0 >= 0x20 || $0 == 0x0A) })
    let rows = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(rows.dropFirst(3).first?.prefix(3) == ["details", "1,204", "602"])
  }

  @Test("asks the sidecar, and says what it refuses")
  func sidecar() throws {
    let sidecar = try SidecarProcess()
    let place = ["--socket", sidecar.socket]
    let define = #"{"name":"signup","steps":[{"id":"account"},{"id":"plan"}]}"#
    #expect(try Call.outcome(["flow.define", define] + place).status == .success)
    #expect(
      try Call.outcome(["session.create", #"{"flow":"signup"}"#] + place).status == .success)
    let shown = try FlowStats.parse(["signup"] + place).outcome(.test(isTerminal: true))
    #expect(shown.status == .success)
    #expect(shown.text.contains("1 created, 0 completed") && shown.text.contains("█") == false)
    #expect(shown.text.contains("account  " + String(repeating: "░", count: 30)))
    let json = try FlowStats.parse(
      ["signup", "--json", "--version", "1", "--from", "2026-01-01T00:00:00Z"] + place
    ).outcome(.test())
    #expect(try JSONNode(json.output)["live"]?.integer == 1)
    let scoped = try FlowStats.parse(["signup", "--scope", "org=1"] + place).outcome(.test())
    #expect(scoped.status == .failure && scoped.complaint.contains("NOT_FOUND"))
    #expect(
      try FlowStats.parse(["signup", "--scope", "org"] + place).outcome(.test()).status == .usage)
  }
}

@Suite("cloakroom sessions show", .timeLimit(.minutes(1)))
struct ShowSessionTests {
  @Test("tells how a session stands, and what is in it only when asked")
  func show() throws {
    let sidecar = try SidecarProcess()
    let place = ["--socket", sidecar.socket]
    let define = #"{"name":"signup","steps":[{"id":"account"},{"id":"plan"}]}"#
    #expect(try Call.outcome(["flow.define", define] + place).status == .success)
    let made = try Call.outcome(
      ["session.create", #"{"flow":"signup","data":{"name":"Ann"}}"#, "--raw"] + place)
    let id = try #require(try JSONNode(made.output)["sessionId"]?.string)
    let shown = try ShowSession.parse([id] + place).outcome(.test(isTerminal: true))
    #expect(shown.status == .success)
    let rows = shown.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(rows.contains(["flow", "signup"]))
    #expect(rows.contains(["step", "account", "open"]))
    #expect(rows.contains(["currentStep", "account"]))
    #expect(!shown.text.contains("Ann") && !shown.text.contains(id))
    let piped = try ShowSession.parse([id] + place).outcome(.test())
    let node = try JSONNode(piped.output)
    #expect(node["flow"]?.string == "signup" && node["data"] == nil && node["sessionId"] == nil)
    let full = try ShowSession.parse([id, "--data", "--json"] + place)
      .outcome(.test(isTerminal: true))
    #expect(try JSONNode(full.output)["data"]?["name"]?.string == "Ann")
    let none = try ShowSession.parse(["7b2f5a0e-9d3c-4e51-8a64-0f1c2d3e4f50"] + place)
      .outcome(.test())
    #expect(none.status == .failure && none.complaint.contains("NOT_FOUND"))
  }
}
