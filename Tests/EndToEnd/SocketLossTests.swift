internal import Glibc
internal import Support
internal import Testing

@Suite("The socket's file, while it is served", .timeLimit(.minutes(2)))
struct SocketLossTests {
  private static func problem(_ client: LineClient) throws -> String? {
    (try client.call("system.health")["degraded"] as? [[String: String]] ?? [])
      .first { $0["what"] == "socket" }?["reason"]
  }

  @Test("is made again when it was removed, which is said once", arguments: [false, true])
  func removed(withItsLock: Bool) throws {
    let daemon = try Daemon(["--socket-mode", "600"])
    let client = try daemon.client()
    unlink(daemon.socketPath)
    if withItsLock { unlink(daemon.socketPath + ".lock") }
    #expect(eventually { (try? daemon.client().call("system.ping").result) != nil })
    var status = stat()
    #expect(lstat(daemon.socketPath, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
    // Who was connected still is.
    #expect(try client.call("system.ping").result != nil)
    #expect(try Self.problem(client) == nil)
    #expect(daemon.output.split(separator: "\n").count { $0.contains("made it again") } == 1)
    #expect(daemon.stop() == .status(0))
    #expect(!TextFile.exists(daemon.socketPath))
    #expect(!TextFile.exists(daemon.socketPath + ".lock"))
  }

  @Test("that another program has taken is told, left alone, and taken back when that is gone")
  func replaced() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    unlink(daemon.socketPath)
    var other: BoundSocket? = try BoundSocket(daemon.socketPath)
    #expect(try eventually { try Self.problem(client)?.contains("another process serves") == true })
    #expect(try Self.problem(client) != nil)
    #expect(
      daemon.output.split(separator: "\n").count { $0.contains("another process serves") } == 1)
    withExtendedLifetime(other) {}
    other = nil
    #expect(eventually { (try? daemon.client().call("system.ping").result) != nil })
    #expect(try Self.problem(client) == nil)
  }

  @Test("that was removed is not said to be served by a second start")
  func secondStart() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    // Too soon for the first to have noticed, or it serves again.
    unlink(daemon.socketPath)
    let second = try ProgramRun(["serve", "--socket", daemon.socketPath])
    #expect(second.exit == .status(73))
    #expect(
      second.errors.contains("is gone, and it makes it again")
        || second.errors.contains("serves \(daemon.socketPath) already"), "\(second.errors)")
    #expect(eventually { (try? daemon.client().call("system.ping").result) != nil })
    #expect(try client.call("system.ping").result != nil)
  }

  @Test("has a lock that another user made first: that is said")
  func foreignLock() throws {
    guard geteuid() == 0 else { return }
    let folder = try ScratchFolder()
    chmod(folder.path, 0o1777)
    let path = folder("c.sock")
    try TextFile.write("", to: path + ".lock")
    chmod(path + ".lock", 0o600)
    let run = try ProgramRun(
      ["serve", "--socket", path],
      as: ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"])
    #expect(run.exit == .status(73))
    #expect(
      run.errors.contains("\(path).lock is there already and belongs to user 0"), "\(run.errors)")
  }
}
