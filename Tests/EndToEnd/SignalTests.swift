internal import Glibc
internal import Support
internal import Testing

@Suite("Signals", .timeLimit(.minutes(2)))
struct SignalTests {
  @Test(
    "that mean nothing end nothing, and the log says what there is", arguments: [SIGUSR1, SIGUSR2])
  func meaningless(_ signal: Int32) throws {
    let daemon = try Daemon()
    daemon.process.signal(signal)
    #expect(eventually { daemon.output.contains("the signal means nothing here") })
    #expect(try daemon.client().call("system.ping").result != nil)
    #expect(daemon.stop() == .status(0))
  }

  @Test("that tell of a log that nobody reads are none")
  func pipe() throws {
    let daemon = try Daemon()
    daemon.process.signal(SIGPIPE)
    #expect(try daemon.client().call("system.ping").result != nil)
    #expect(daemon.stop() == .status(0))
  }

  @Test("that come before it serves don't end it", arguments: [SIGHUP, SIGUSR1])
  func early(_ signal: Int32) throws {
    let daemon = try Daemon(answers: false)
    // From the moment on that the program is what runs: before that it is the shell that it is started by, or
    // the loader, that a signal ends.
    let hasBegun = eventually {
      TextFile.read("/proc/\(daemon.process.id)/status").split(separator: "\n")
        .filter { $0.hasPrefix("SigIgn:") || $0.hasPrefix("SigCgt:") }
        .contains { line in
          line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
            .map { $0 & 1 << UInt64(signal - 1) != 0 } ?? false
        }
    }
    #expect(hasBegun)
    for _ in 0..<5 { daemon.process.signal(signal) }
    #expect(eventually { (try? daemon.client().call("system.ping").result) != nil })
  }
}
