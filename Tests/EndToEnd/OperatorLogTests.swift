internal import Support
internal import Testing

@Suite("The operator's log", .timeLimit(.minutes(2)))
struct OperatorLogTests {
  @Test("has a client's name at level debug, in which no line can hide")
  func client() throws {
    let daemon = try Daemon(["--log-level", "debug"])
    let client = try daemon.client()
    #expect(
      try client.call("system.hello", #"{"client":"billing\n2026 error forged"}"#).result != nil)
    #expect(eventually { daemon.output.contains(#""billing\n2026 error forged""#) })
    #expect(!daemon.output.split(separator: "\n").contains { $0.hasPrefix("2026 error forged") })
  }
}
