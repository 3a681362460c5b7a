internal import Glibc
internal import Support
internal import Testing

@Suite("The access log", .timeLimit(.minutes(2)))
struct AccessLogRotationTests {
  @Test("goes on in a new file when the old one was moved away and SIGHUP sent")
  func rotation() throws {
    let folder = try ScratchFolder()
    let (log, moved) = (folder("access.log"), folder("access.log.1"))
    let sidecar = try Daemon(["--access-log", log])
    let client = try sidecar.client()
    try client.call("kv.exists", #"{"key":"before","actor":"first"}"#)
    #expect(eventually { TextFile.read(log).contains(#""first""#) })

    #expect(rename(log, moved) == 0)
    sidecar.process.signal(SIGHUP)
    #expect(eventually { TextFile.exists(log) })
    try client.call("kv.exists", #"{"key":"after","actor":"second"}"#)
    #expect(eventually { TextFile.read(log).contains(#""second""#) })
    #expect(!TextFile.read(log).contains(#""first""#))
    #expect(!TextFile.read(moved).contains(#""second""#))
    #expect(sidecar.stop() == .status(0))
    for line in (TextFile.read(log) + TextFile.read(moved)).split(separator: "\n") {
      #expect(line.hasPrefix("{") && line.hasSuffix("}"), "\(line)")
    }
  }

  @Test("that can't be opened keeps the sidecar from starting, and says so")
  func unusable() throws {
    let folder = try ScratchFolder()
    let run = try ProgramRun(
      ["serve", "--socket", folder("c.sock"), "--access-log", folder("none/access.log")])
    #expect(run.exit != .status(0) && run.exit != nil)
    #expect(run.errors.contains(folder("none/access.log")), "\(run.errors)")
    #expect(!TextFile.exists(folder("c.sock")))
  }
}
