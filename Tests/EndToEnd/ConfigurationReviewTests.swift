internal import Glibc
internal import Support
internal import Testing

@Suite("serve --check looks ahead", .timeLimit(.minutes(2)))
struct ConfigurationReviewTests {
  private static func complaint(_ options: [String], as user: [String] = []) throws -> String {
    let run = try ProgramRun(["serve", "--check"] + options, as: user)
    #expect(run.exit == (run.errors.isEmpty ? .status(0) : .status(64)), "\(run.errors)")
    return run.errors
  }

  @Test("and finds files that could not be written, or would not be read")
  func files() throws {
    let folder = try ScratchFolder()
    #expect(
      try Self.complaint(["--access-log", folder("none/a.log")]).contains(
        "--access-log: no file can be made"))
    #expect(
      try Self.complaint(["--metrics-file", folder("none/a.prom")]).contains(
        "--metrics-file: no file can be made"))
    #expect(
      try Self.complaint(["--metrics-file", folder("a.txt")]).contains("has to end in .prom"))
    #expect(
      try Self.complaint(["--metrics-file", folder("a.prom"), "--access-log", folder("a.log")])
        == "")
    #expect(!TextFile.exists(folder("a.prom")) && !TextFile.exists(folder("a.log")))
    // What is there, and is something else.
    mkdir(folder("b.prom"), 0o755)
    for option in ["--access-log", "--metrics-file"] {
      #expect(try Self.complaint([option, folder("b.prom")]).contains("\(option): "))
    }
  }

  @Test("and finds a socket that could not be made")
  func socket() throws {
    let folder = try ScratchFolder()
    let nowhere = ["--socket", folder("none/c.sock")]
    #expect(try Self.complaint(nowhere).contains("--socket: no file can be made in"))
    #expect(try ProgramRun(["serve"] + nowhere).exit == .status(73))
    try TextFile.write("", to: folder("file"))
    #expect(
      try Self.complaint(["--socket", folder("file")]).contains("is there and is no socket"))
    #expect(try Self.complaint(["--socket", folder("c.sock")]) == "")
    // One that is served is to be taken over, and a service's folder is made when it starts.
    let daemon = try Daemon()
    #expect(try Self.complaint(["--socket", daemon.socketPath]) == "")
    #expect(try Self.complaint(["--socket", "/run/cloakroom-none/c.sock"]) == "")
  }

  @Test(
    "and finds what can't be meant: a mode to execute, a password that all can read, a service that nobody gets"
  )
  func meaning() throws {
    #expect(
      try Self.complaint(["--socket-mode", "777"]).contains("--socket-mode: has bits to execute"))
    #expect(try Self.complaint(["--socket-mode", "666"]) == "")
    let folder = try ScratchFolder()
    try TextFile.write("password", to: folder("password"))
    chmod(folder("password"), 0o644)
    let options = ["--redis", "redis://localhost", "--store-password-file", folder("password")]
    #expect(try Self.complaint(options).contains("can be read by everybody"))
    chmod(folder("password"), 0o640)
    #expect(try Self.complaint(options) == "")
    try TextFile.write(
      #"{"services": {"all": {"users": ["*"]}, "root": {"uids": [0]}}}"#, to: folder("c.json"))
    let hidden = try Self.complaint(["--config", folder("c.json")])
    #expect(hidden.contains("services.root: comes behind all"), "\(hidden)")
    try TextFile.write(
      #"{"services": {"root": {"uids": [0]}, "all": {"users": ["*"]}}}"#, to: folder("c.json"))
    #expect(try Self.complaint(["--config", folder("c.json")]) == "")
  }

  @Test(
    "with the eyes of the service's user: its keys, and where it may write",
    .enabled(if: PolicyPeer.mayBeAnother, "only root can act as another user"))
  func otherUser() throws {
    let folder = try ScratchFolder()
    chmod(folder.path, 0o755)
    let options = ["--keys", folder("keys"), "--access-log", folder("a.log")]
    mkdir(folder("keys"), 0o755)
    #expect(try ProgramRun(["keys", "generate", "--keys", folder("keys")]).exit == .status(0))
    #expect(try Self.complaint(options) == "")
    let seen = try Self.complaint(options + ["--as", "nobody"])
    #expect(seen.contains("belongs to user 0") || seen.contains("can't be read"), "\(seen)")
    #expect(seen.contains("--access-log: "), "\(seen)")
    #expect(try Self.complaint(["--as", "no.such.user"]).contains("is no user of this system"))
    let mean = try Self.complaint(
      ["--as", "root"], as: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    #expect(mean.contains("only root"), "\(mean)")
  }

  @Test(
    "finds nothing wrong with keys that root has made in a folder of the service's user",
    .enabled(if: PolicyPeer.mayBeAnother, "only root can act as another user"))
  func keysOfRoot() throws {
    let folder = try ScratchFolder()
    chmod(folder.path, 0o755)
    mkdir(folder("keys"), 0o700)
    chown(folder("keys"), PolicyPeer.user, PolicyPeer.user)
    for algorithm in ["HS256", "A256GCM"] {
      let run = try ProgramRun(
        ["keys", "generate", "--keys", folder("keys"), "--algorithm", algorithm])
      #expect(run.exit == .status(0), "\(run.errors)")
    }
    #expect(try ProgramRun(["keys", "list", "--keys", folder("keys")]).exit == .status(0))
    #expect(try Self.complaint(["--keys", folder("keys"), "--as", "nobody"]) == "")
    // A sidecar of root's doesn't trust another user's folder.
    #expect(try Self.complaint(["--keys", folder("keys")]).contains("belongs to user 65534"))
  }
}
