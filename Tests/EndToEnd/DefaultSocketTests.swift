internal import Glibc
internal import Support
internal import Testing

@Suite(
  "Without --socket", .timeLimit(.minutes(2)),
  .enabled(if: NewUser.mayBeMade, "needs root, or user namespaces for everybody"))
struct DefaultSocketTests {
  @Test("daemon and command agree on the place that the environment gives", arguments: 0..<5)
  func environment(_ place: Int) throws {
    let user = NewUser()
    let folder = try ScratchFolder()
    let other = try ScratchFolder()
    #expect(chmod(folder.path, 0o777) == 0)
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
      case 3: (["XDG_RUNTIME_DIR": "relative"], user.folder + "/cloakroom.sock")
      default: ([:], user.folder + "/cloakroom.sock")
      }
    let process = try ChildProcess(
      user.command + [Daemon.program, "serve"],
      environment: Tool.environment.merging(environment) { $1 }, output: folder("output"))
    try #require(eventually { (try? LineClient(path: path).call("system.ping")) != nil })
    let call = try ProgramRun(["call", "system.ping"], environment: environment, as: user.command)
    #expect(call.exit == .status(0), "\(call.errors)")
    #expect(call.output == "\"pong\"\n")
    process.signal(SIGTERM)
    #expect(process.waitForExit(within: .seconds(20)) == .status(0))
    #expect(!TextFile.exists(path))
  }

  @Test("the folder under /tmp is nobody else's, or is not used")
  func privateFolder() throws {
    let user = NewUser()
    let run = try ProgramRun(["call", "system.ping"], as: user.command)
    #expect(run.exit == .status(69), "\(run.errors)")
    #expect(!TextFile.exists(user.folder))

    let output = try ScratchFolder()
    let process = try ChildProcess(
      user.command + [Daemon.program, "serve"], environment: Tool.environment,
      output: output("output"))
    try #require(eventually("a folder") { TextFile.exists(user.folder) })
    var status = stat()
    #expect(lstat(user.folder, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o700)
    process.kill()
    #expect(chmod(user.folder, 0o755) == 0)
    for command in [["serve"], ["call", "system.ping"]] {
      let run = try ProgramRun(command, as: user.command)
      #expect(run.exit == .status(command == ["serve"] ? 73 : 69))
      #expect(run.errors.contains(user.folder), "\(run.errors)")
    }
  }
}

/// A user whom no machine has, and so one whose folder under `/tmp` nobody else's sidecar is in.
private final class NewUser {
  /// The folder under `/tmp` that is meant for this user; it goes with this object.
  let folder: String
  /// What is put before a command, for it to run as this user.
  let command: [String]

  init() {
    // Above all numbers that a distribution gives out, or a container maps.
    let number = UInt32.random(in: 3_000_000_000...4_000_000_000)
    folder = "/tmp/cloakroom-\(number)"
    command = Self.isRoot ? Self.asRoot(number) : Self.inNamespace(number)
  }

  deinit { TemporaryFolder.remove(folder) }

  /// Whether the tests may act as such a user here.
  static let mayBeMade = isRoot || runs(inNamespace(3_000_000_000))

  /// Root may become anybody, if it is not only called so.
  private static let isRoot = runs(asRoot(3_000_000_000))

  private static func asRoot(_ number: UInt32) -> [String] {
    ["setpriv", "--reuid=\(number)", "--regid=\(number)", "--clear-groups", "--"]
  }

  /// Everybody may be called what they like in a namespace of their own, where the kernel allows it.
  private static func inNamespace(_ number: UInt32) -> [String] {
    ["unshare", "--user", "--map-user=\(number)", "--"]
  }

  private static func runs(_ command: [String]) -> Bool {
    // A program that every user can get at.
    guard let run = try? Tool.run(command + [Daemon.program, "--version"]) else { return false }
    return run.exit == .status(0)
  }
}
