internal import Glibc
internal import Support
internal import Testing

@Suite("Without --socket", .serialized)
struct DefaultSocketTests {
  @Test("daemon and command agree on the place that the environment gives", arguments: 0..<5)
  func environment(_ place: Int) throws {
    let folder = try ScratchFolder()
    let other = try ScratchFolder()
    let (environment, path): ([String: String], String) =
      switch place {
      case 0:
        (
          [
            "CLOAKROOM_SOCKET": folder("own.sock"), "RUNTIME_DIRECTORY": other.path,
            "XDG_RUNTIME_DIR": other.path,
          ], folder("own.sock")
        )
      case 1:
        (
          ["RUNTIME_DIRECTORY": "\(folder.path):\(other.path)", "XDG_RUNTIME_DIR": other.path],
          folder("cloakroom.sock")
        )
      case 2:
        (
          ["CLOAKROOM_SOCKET": "", "RUNTIME_DIRECTORY": "", "XDG_RUNTIME_DIR": folder.path],
          folder("cloakroom.sock")
        )
      case 3: (["XDG_RUNTIME_DIR": "relative"], "/tmp/cloakroom-\(geteuid())/cloakroom.sock")
      default: ([:], "/tmp/cloakroom-\(geteuid())/cloakroom.sock")
      }
    try #require(!TextFile.exists(path), "stop the sidecar that serves \(path)")
    let process = try ChildProcess(
      [Daemon.program, "serve"], environment: environment, output: folder("output"))
    #expect(eventually { (try? LineClient(path: path).call("system.ping")) != nil })
    let call = try ProgramRun(["call", "system.ping"], environment: environment)
    #expect(call.exit == .status(0))
    #expect(call.output == "\"pong\"\n")
    process.signal(SIGTERM)
    #expect(process.waitForExit(within: .seconds(10)) == .status(0))
    #expect(!TextFile.exists(path))
  }

  @Test("the folder under /tmp is nobody else's, or is not used")
  func privateFolder() throws {
    let path = "/tmp/cloakroom-\(geteuid())"
    // What a test before this, or a sidecar of the user's own, has made is as good.
    _ = mkdir(path, 0o700)
    var status = stat()
    #expect(lstat(path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o700)
    #expect(chmod(path, 0o755) == 0)
    defer { chmod(path, 0o700) }
    let run = try ProgramRun(["serve"])
    #expect(run.exit == .status(73))
    #expect(run.errors.contains(path), "\(run.errors)")
  }
}
