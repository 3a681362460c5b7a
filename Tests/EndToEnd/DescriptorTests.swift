internal import Glibc
internal import Support
internal import Testing

@Suite("File descriptors", .timeLimit(.minutes(2)))
struct DescriptorTests {
  private static func reasons(_ client: LineClient, _ list: String) throws -> [String] {
    (try client.call("system.health")[list] as? [[String: String]] ?? [])
      .filter { $0["what"] == "descriptors" }.compactMap { $0["reason"] }
  }

  private static func limit(_ process: ChildProcess, to files: Int) throws {
    let run = try Tool.run(["prlimit", "--pid", "\(process.id)", "--nofile=\(files):"])
    #expect(run.exit == .status(0), "\(run.output)")
  }

  @Test("may be as many as the hard limit allows")
  func raised() throws {
    let daemon = try Daemon(wrapper: ["prlimit", "--nofile=100:2000"])
    let lines = TextFile.read("/proc/\(daemon.process.id)/limits").split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix("Max open files") })
    #expect(line.split(separator: " ").filter { $0 == "2000" }.count == 2, "\(line)")
  }

  @Test(
    "that are too few for limits.connections are told at the start and in health, and some are kept back"
  )
  func few() throws {
    let folder = try Folder()
    let log = folder.path + "/access.log"
    let daemon = try Daemon(["--access-log", log], wrapper: ["prlimit", "--nofile=60:60"])
    #expect(daemon.output.contains("can't be had"), "\(daemon.output)")
    let first = try daemon.client()
    #expect(try Self.reasons(first, "remarks").first?.contains("LimitNOFILE") == true)
    var clients: [LineClient] = []
    var refusal: Answer?
    while clients.count < 60, refusal == nil {
      let client = try daemon.client()
      clients.append(client)
      // One that is refused may be closed before it has asked; it is told why all the same.
      try? client.send(LineClient.request("system.ping", id: 1))
      let answer = Answer(try client.readLine())
      if answer.reason != nil { refusal = answer }
    }
    #expect(refusal?.reason == "OVERLOADED")
    #expect(try Self.reasons(first, "degraded").isEmpty)
    // There are descriptors left for the sidecar itself.
    rename(log, log + ".1")
    daemon.process.signal(SIGHUP)
    #expect(eventually { TextFile.exists(log) })
  }

  @Test("that run out stop it from taking connections, which is told once")
  func none() throws {
    let daemon = try Daemon(["--loops", "1"])
    let client = try daemon.client()
    #expect(try client.call("system.ping").result != nil)
    try Self.limit(daemon.process, to: 8)
    let waiting = try (0..<20).map { _ in try daemon.client() }
    try waiting[0].send(LineClient.request("system.ping", id: 3))
    #expect(try eventually { try Self.reasons(client, "degraded").first != nil })
    for _ in 0..<20 { #expect(try Self.reasons(client, "degraded").count == 1) }
    let lines = daemon.output.split(separator: "\n")
    #expect(lines.count { $0.contains("no connections are taken") } == 1, "\(daemon.output)")
    try Self.limit(daemon.process, to: 1024)
    #expect(Answer(try waiting[0].readLine()).id == 3)
    #expect(try Self.reasons(client, "degraded").isEmpty)
    #expect(daemon.output.contains("connections are taken again"))
  }
}
