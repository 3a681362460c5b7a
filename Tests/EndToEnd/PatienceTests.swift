internal import Support
internal import Testing

@Suite("The command's patience", .timeLimit(.minutes(2)), .sharedSidecar())
struct PatienceTests {
  @Test("grows with what the call waits itself, unless it was given")
  func waits() throws {
    let socket = try #require(SharedSidecar.current).socketPath
    let client = try SharedSidecar.client()
    _ = try client.call("claim.once", #"{"key":"patience","owner":"a","ttl":"11s"}"#)
    // Longer than the command waits for an answer otherwise.
    let late = try ProgramRun([
      "call", "claim.once", #"{"key":"patience","owner":"b","waitMs":60000}"#, "--socket", socket,
    ])
    #expect(late.exit == .status(0), "\(late.errors)")
    let short = try ProgramRun([
      "call", "claim.once", #"{"key":"patience","owner":"c","waitMs":60000}"#, "--socket", socket,
      "--timeout", "100ms",
    ])
    #expect(short.exit == .status(124), "\(short.errors)")
  }

  @Test("is not spent on what is no socket: nobody is told to serve there")
  func noSocket() throws {
    let run = try ProgramRun(["call", "system.ping", "--socket", "/etc/passwd"])
    #expect(run.exit == .status(69))
    #expect(run.errors.contains("that is no socket"), "\(run.errors)")
    #expect(!run.errors.contains("cloakroom serve"), "\(run.errors)")
  }

  @Test("ends early with the command's own words where there is nothing to list")
  func nothingDead() throws {
    let socket = try #require(SharedSidecar.current).socketPath
    let run = try ProgramRun(["pending", "dead", "--socket", socket, "--scope", "none=1"])
    #expect(run.exit == .status(0))
    #expect(run.output == "")
    #expect(run.errors == "no operation is dead\n")
  }
}
