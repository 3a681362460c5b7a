internal import Glibc
internal import Support
internal import Testing

@Suite("Under systemd", .timeLimit(.minutes(2)))
struct SystemdTests {
  /// Hands descriptor $1 over as systemd does: as number 3, and with the program's own process id.
  private static let activation = [
    "/bin/bash", "-c", #"exec 3<&"$1"; shift; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@""#, "bash",
  ]

  @Test("a socket that is handed over is served, and left where it is")
  func activation() throws {
    let folder = try ScratchFolder()
    let path = folder("activated.sock")
    let socket = try BoundSocket(path, isInherited: true)
    // A client that connects before the sidecar is there waits for it.
    let early = try LineClient(path: path)
    try early.send(LineClient.request("system.ping", id: 5))
    let sidecar = try Daemon(
      wrapper: Self.activation + ["\(socket.descriptor)"], answers: false)
    #expect(Answer(try early.readLine()).id == 5)
    #expect(try LineClient(path: path).call("system.ping").result as? String == "pong")
    #expect(!TextFile.exists(sidecar.socketPath))
    #expect(sidecar.stop() == .status(0))
    #expect(TextFile.exists(path))
  }

  @Test("sockets that are meant for another process are not taken")
  func notForUs() throws {
    let sidecar = try Daemon(environment: ["LISTEN_PID": "1", "LISTEN_FDS": "1"])
    #expect(try sidecar.client().call("system.ping").result as? String == "pong")
  }

  @Test("it tells when it is ready, alive and stopping")
  func notification() throws {
    let folder = try ScratchFolder()
    let socket = try BoundSocket(folder("notify"), SOCK_DGRAM)
    let sidecar = try Daemon(
      environment: ["NOTIFY_SOCKET": folder("notify"), "WATCHDOG_USEC": "20000"], answers: false)
    var heard: [String] = []
    func hear(_ state: String) -> Bool {
      for _ in 0..<10_000 {
        guard let next = socket.receive() else { return false }
        heard.append(next)
        if next == state { return true }
      }
      return false
    }
    #expect(hear("READY=1"))
    // Ready means that a call is answered now, not soon.
    #expect(try sidecar.client().call("system.ping").result != nil)
    for _ in 0..<3 { #expect(hear("WATCHDOG=1")) }
    sidecar.process.signal(SIGTERM)
    #expect(hear("STOPPING=1"))
    #expect(sidecar.process.waitForExit(within: .seconds(10)) == .status(0))
    #expect(heard.filter { $0 == "READY=1" }.count == 1)
    #expect(Set(heard) == ["READY=1", "WATCHDOG=1", "STOPPING=1"])
  }

  @Test(
    "it tells that it is alive while all threads for long work are busy, and much of that waits")
  func busyThreads() throws {
    let folder = try ScratchFolder()
    let socket = try BoundSocket(folder("notify"), SOCK_DGRAM)
    let sidecar = try Daemon(
      ["--loops", "1"],
      environment: ["NOTIFY_SOCKET": folder("notify"), "WATCHDOG_USEC": "400000"])
    let client = try sidecar.client()
    try EventsSchemaTests.define(client, OffLoopTests.slow)
    let publish = LineClient.request(
      "events.publish", #"{"channel":"c","data":{"t":"\#(OffLoopTests.text)"}}"#)
    let busy = try (0..<30).map { _ in try sidecar.client() }
    for client in busy { try client.send(publish) }
    #expect(try eventually { try client.metrics().sum("work_waiting") > 10 })
    var isStillBusy = 0
    while try client.metrics().sum("work_waiting") > 0 {
      guard let state = socket.receive(within: .seconds(2)) else {
        Issue.record("the watchdog was not fed")
        return
      }
      if state == "WATCHDOG=1" { isStillBusy += 1 }
    }
    #expect(isStillBusy > 0)
    for client in busy { _ = try client.readLine(within: .seconds(60)) }
  }

  @Test("a reload is told when it begins, and as done once the log says so")
  func reload() throws {
    let folder = try ScratchFolder()
    let socket = try BoundSocket(folder("notify"), SOCK_DGRAM)
    let sidecar = try Daemon(
      configuration: #"{"services": {"app": {"users": ["*"]}, "root": {"users": ["root"]}}}"#,
      environment: ["NOTIFY_SOCKET": folder("notify")])
    #expect(socket.receive() == "READY=1")
    func now() -> Int64 {
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
    let before = now()
    sidecar.process.signal(SIGHUP)
    let states = try #require(socket.receive()).split(separator: "\n")
    #expect(states.first == "RELOADING=1")
    let moment = try #require(states.last?.split(separator: "=").last.flatMap { Int64($0) })
    #expect(states.last?.hasPrefix("MONOTONIC_USEC=") == true)
    #expect(before <= moment && moment <= now())
    #expect(socket.receive() == "READY=1")
    #expect(sidecar.output.contains("policy reloaded services=app,root\n"), "\(sidecar.output)")
    // A broken file is the end of a reload as well.
    try TextFile.write("{", to: sidecar.folder + "/config.json")
    sidecar.process.signal(SIGHUP)
    #expect(socket.receive()?.hasPrefix("RELOADING=1\n") == true)
    #expect(socket.receive() == "READY=1")
    #expect(sidecar.output.contains("the policy stays as it is"), "\(sidecar.output)")
  }

  @Test("the watchdog is not fed where systemd watches another process")
  func otherWatchdog() throws {
    let folder = try ScratchFolder()
    let socket = try BoundSocket(folder("notify"), SOCK_DGRAM)
    let sidecar = try Daemon(environment: [
      "NOTIFY_SOCKET": folder("notify"), "WATCHDOG_USEC": "2000", "WATCHDOG_PID": "1",
    ])
    #expect(socket.receive() == "READY=1")
    #expect(sidecar.stop() == .status(0))
    #expect(socket.receive() == "STOPPING=1")
  }

  /// A mount namespace in which the first argument is /dev, and no program has root's rights over other namespaces.
  private static let otherDevices = [
    "unshare", "--user", "--map-root-user", "--mount", "--",
    "sh", "-c", #"mount --rbind "$1" /dev && shift && exec "$@""#, "sh",
  ]

  /// Whether the kernel allows namespaces here.
  private static let mayHaveOtherDevices =
    (try? Tool.run(otherDevices + ["/dev", "true"]).exit) == .status(0)

  @Test(
    "a user who may not raise priorities leaves nothing in the system's log",
    .enabled(if: mayHaveOtherDevices, "needs a mount namespace"))
  func quietThreads() throws {
    let devices = try ScratchFolder()
    let log = try BoundSocket(devices("log"), SOCK_DGRAM)
    // libdispatch would write to /dev/log that it can't have the priority it asks for.
    let run = try ProgramRun(["serve", "--check"], as: Self.otherDevices + [devices.path])
    #expect(run.exit == .status(0))
    #expect(log.receive(within: .zero) == nil)
  }
}
