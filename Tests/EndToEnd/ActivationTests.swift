internal import Glibc
internal import Support
internal import Testing

@Suite("What systemd hands over", .timeLimit(.minutes(2)))
struct ActivationTests {
  /// Hands descriptors over as systemd does: from number 3 on, and with the program's own process id.
  private static func handing(_ descriptors: [Int32]) -> [String] {
    let moves =
      descriptors.enumerated().map { "exec \(20 + $0)<&\($1);" }
      + descriptors.indices.map { "exec \(3 + $0)<&\(20 + $0) \(20 + $0)<&-;" }
    return [
      "/bin/bash", "-c",
      moves.joined(separator: " ") + " LISTEN_PID=$$ LISTEN_FDS=\(descriptors.count) exec \"$@\"",
      "bash",
    ]
  }

  private static func run(_ descriptors: [Int32]) throws -> ProgramRun {
    try ProgramRun(["serve"], as: handing(descriptors))
  }

  @Test("is served, all of it")
  func several() throws {
    let folder = try ScratchFolder()
    let sockets = try ["a", "b"].map { try BoundSocket(folder($0), isInherited: true) }
    let sidecar = try Daemon(wrapper: Self.handing(sockets.map(\.descriptor)), answers: false)
    for name in ["a", "b"] {
      #expect(try LineClient(path: folder(name)).call("system.ping").result as? String == "pong")
    }
    #expect(sidecar.stop() == .status(0))
    #expect(TextFile.exists(folder("a")) && TextFile.exists(folder("b")))
  }

  @Test("and is gone then is told in health")
  func gone() throws {
    let folder = try ScratchFolder()
    let socket = try BoundSocket(folder("a"), isInherited: true)
    let sidecar = try Daemon(wrapper: Self.handing([socket.descriptor]), answers: false)
    let client = try LineClient(path: folder("a"))
    unlink(folder("a"))
    let isTold = try eventually {
      (try client.call("system.health")["degraded"] as? [[String: String]] ?? [])
        .contains { $0["what"] == "socket" && $0["reason"]?.contains(".socket unit") == true }
    }
    #expect(isTold)
    #expect(sidecar.stop() == .status(0))
  }

  @Test("and is an Internet socket is refused by name: nobody could tell who calls")
  func internet() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    #expect(listen(descriptor, 1) == 0)
    let run = try Self.run([descriptor])
    #expect(run.exit == .status(73))
    #expect(run.errors.contains("an Internet socket"), "\(run.errors)")
    #expect(run.errors.contains("ListenStream="), "\(run.errors)")
  }

  @Test("and is no socket, or does not listen, is refused by name")
  func others() throws {
    var pipes: [Int32] = [0, 0]
    #expect(pipe(&pipes) == 0)
    defer { pipes.forEach { close($0) } }
    let pipeRun = try Self.run([pipes[0]])
    #expect(pipeRun.exit == .status(73))
    #expect(pipeRun.errors.contains("no socket"), "\(pipeRun.errors)")
    let folder = try ScratchFolder()
    let good = try BoundSocket(folder("a"), isInherited: true)
    let silent = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(silent) }
    let silentRun = try Self.run([good.descriptor, silent])
    #expect(silentRun.exit == .status(73))
    #expect(silentRun.errors.contains("descriptor 4"), "\(silentRun.errors)")
    #expect(silentRun.errors.contains("not listening"), "\(silentRun.errors)")
  }
}
