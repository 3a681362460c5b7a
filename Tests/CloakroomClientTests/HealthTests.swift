import CloakroomClient
import CloakroomWire
import Testing

@testable import CloakroomCommand

@Suite("cloakroom health", .timeLimit(.minutes(1)))
struct HealthTests {
  @Test("of a sidecar that is well is JSON in a pipe, a table on a terminal, and exit status 0")
  func well() throws {
    let sidecar = try SidecarProcess()
    let health = try Health.parse(["--socket", sidecar.socket])
    let piped = health.outcome(.test())
    #expect(piped.status == .success)
    #expect(try JSONNode(piped.output)["status"]?.string == "ok")
    let coloured = health.outcome(.test(isTerminal: true))
    #expect(coloured.text.hasPrefix("\u{1B}[32mstatus"), "\(coloured.text)")
    let shown = health.outcome(.test(variables: ["NO_COLOR": "1"], isTerminal: true))
    #expect(shown.status == .success)
    let lines = shown.text.split(separator: "\n").map(String.init)
    #expect(lines.first?.split(separator: " ") == ["status", "ok"])
    #expect(lines.contains { $0.split(separator: " ") == ["store", "kind", "memory"] })
  }

  @Test("of one whose store is away tells why, and exits 1")
  func degraded() throws {
    let sidecar = try SidecarProcess(["--redis", "unix:///proc/cloakroom-nothing/redis"])
    let health = try Health.parse(["--socket", sidecar.socket])
    let shown = health.outcome(.test(isTerminal: true))
    #expect(shown.status == .failure)
    #expect(shown.text.contains("store: can't connect to Redis"))
    #expect(try Health.parse(["-q", "--socket", sidecar.socket]).outcome(.test()).text == "")
  }

  @Test("keeps each thing in its line, whatever it is called")
  func lines() throws {
    let text = #"""
      {"status":"ok\nstatus  bad","degraded":[{"what":"a\nb","reason":"c\rd"}],"remarks":[{"what":"é","reason":"ü"}],
      "store":{"kind":"x\ny"}}
      """#
    let table = HealthTable.text(try JSONNode(Array(text.utf8)))
    #expect(table.split(separator: "\n").count == 4, "\(table)")
    #expect(!table.unicodeScalars.contains("\r") && table.contains("é: ü"), "\(table)")
  }

  @Test("gives numbers the units that their names tell")
  func table() throws {
    let text = """
      {"status":"degraded","degraded":[{"what":"store","reason":"away"}],
      "store":{"kind":"redis","up":false,"roundTripMs":0.25},"memory":{"residentBytes":36864},
      "uptimeMs":93784000,"errorRate":0.4375,"inFlight":3}
      """
    let expected = """
      status            degraded
      degraded          store: away
      store kind        redis
      store up          no
      store round trip  250 µs
      memory resident   36.0 KiB
      uptime            1 d 2 h
      error rate        43.75 %
      in flight         3

      """
    #expect(HealthTable.text(try JSONNode(Array(text.utf8))) == expected)
  }
}
