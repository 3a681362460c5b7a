internal import Glibc
internal import Support
internal import Testing

@Suite("The socket", .timeLimit(.minutes(2)))
struct SocketTests {
  @Test("of a sidecar that was killed is taken over")
  func stale() throws {
    let folder = try ScratchFolder()
    let killed = try Daemon(folder: folder.path)
    killed.process.kill()
    #expect(TextFile.exists(killed.socketPath))
    let next = try Daemon(folder: folder.path)
    #expect(try next.client().call("system.ping").result as? String == "pong")
  }

  @Test("that another sidecar serves is refused, and served on")
  func live() throws {
    let sidecar = try Daemon()
    let second = try ProgramRun(["serve", "--socket", sidecar.socketPath])
    #expect(second.exit == .status(73))
    #expect(second.errors.contains("serves \(sidecar.socketPath) already"), "\(second.errors)")
    #expect(try sidecar.client().call("system.ping").result as? String == "pong")
  }

  @Test("that some other program serves is refused, and left alone")
  func foreign() throws {
    let folder = try ScratchFolder()
    let path = folder("c.sock")
    let other = try BoundSocket(path)
    let run = try ProgramRun(["serve", "--socket", path])
    #expect(run.exit == .status(73))
    #expect(run.errors.contains("another process serves \(path) already"), "\(run.errors)")
    _ = try LineClient(path: path)
    withExtendedLifetime(other) {}
  }

  @Test("is not put where something else is", arguments: ["file", "folder", "link"])
  func occupied(_ kind: String) throws {
    let folder = try ScratchFolder()
    let path = folder("c.sock")
    switch kind {
    case "file": try TextFile.write("precious", to: path)
    case "folder": #expect(mkdir(path, 0o700) == 0)
    default: #expect(symlink("/nowhere", path) == 0)
    }
    defer { rmdir(path) }
    let run = try ProgramRun(["serve", "--socket", path])
    #expect(run.exit == .status(73))
    #expect(run.errors.contains("\(path) is there and is no socket"), "\(run.errors)")
    #expect(TextFile.exists(path))
    #expect(kind != "file" || TextFile.read(path) == "precious")
  }

  @Test("is not put into a folder that is not there")
  func noFolder() throws {
    let folder = try ScratchFolder()
    let run = try ProgramRun(["serve", "--socket", folder("none/c.sock")])
    #expect(run.exit == .status(73))
    #expect(run.errors.contains(folder("none/c.sock")))
  }

  @Test("has mode 660, or the one that was asked for", arguments: [nil, "600", "0666"])
  func mode(_ asked: String?) throws {
    let sidecar = try Daemon(asked.map { ["--socket-mode", $0] } ?? [])
    var status = stat()
    #expect(lstat(sidecar.socketPath, &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFSOCK)
    #expect(status.st_mode & 0o7777 == asked.flatMap { mode_t($0, radix: 8) } ?? 0o660)
  }

  @Test("is given to a group by its name")
  func group() throws {
    // Users other than root can give it only to a group of their own.
    var groups = [gid_t](repeating: 0, count: 256)
    let count = getgroups(Int32(groups.count), &groups)
    let own = groups.prefix(Int(max(count, 0))).first { $0 != getegid() } ?? getegid()
    let group = geteuid() == 0 ? getgrnam("daemon")?.pointee.gr_gid ?? own : own
    let name = try #require(getgrgid(group).map { String(cString: $0.pointee.gr_name) })
    let sidecar = try Daemon(["--socket-group", name])
    var status = stat()
    #expect(lstat(sidecar.socketPath, &status) == 0)
    #expect(status.st_gid == group)
    #expect(status.st_mode & 0o7777 == 0o660)
  }

  @Test("is gone with its lock once the sidecar has stopped")
  func removed() throws {
    let folder = try ScratchFolder()
    let sidecar = try Daemon(folder: folder.path)
    #expect(sidecar.stop() == .status(0))
    #expect(!TextFile.exists(sidecar.socketPath))
    #expect(!TextFile.exists(sidecar.socketPath + ".lock"))
  }

  @Test("stays when it is another one by the time the sidecar stops")
  func replaced() throws {
    let folder = try ScratchFolder()
    let sidecar = try Daemon(folder: folder.path)
    unlink(sidecar.socketPath)
    let other = try BoundSocket(sidecar.socketPath)
    #expect(sidecar.stop() == .status(0))
    _ = try LineClient(path: sidecar.socketPath)
    withExtendedLifetime(other) {}
  }
}
