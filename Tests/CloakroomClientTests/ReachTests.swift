import Foundation
import Glibc
import Support
import Testing

@testable import CloakroomClient
@testable import CloakroomCommand

/// What is said when no answer comes, and the exit status that a probe uses.
@Suite("A sidecar that doesn't answer", .timeLimit(.minutes(1)))
struct ReachTests {
  @Test("isn't there: the command that starts one is told")
  func absent() throws {
    let named = try Call.outcome(["system.ping", "--socket", "/proc/cloakroom-nothing/s"])
    #expect(named.status == .unavailable)
    #expect(
      named.complaint == """
        no sidecar answers at /proc/cloakroom-nothing/s (from --socket): No such file or directory
        start one with `cloakroom serve --socket /proc/cloakroom-nothing/s`, or say where it is with \
        --socket PATH or CLOAKROOM_SOCKET

        """)
    let environment = CommandEnvironment.test(variables: [
      "CLOAKROOM_SOCKET": "/proc/cloakroom-nothing/t"
    ])
    let variable = try Call.outcome(["system.ping"], environment)
    #expect(variable.complaint.contains("/proc/cloakroom-nothing/t (from CLOAKROOM_SOCKET)"))
  }

  @Test("hangs: it is given up when the time is up")
  func hanging() throws {
    let sidecar = try SidecarProcess()
    sidecar.pause()
    let began = ContinuousClock.now
    let call = try Call.outcome(["system.ping", "--socket", sidecar.socket, "--timeout", "0.05"])
    #expect(call.status == .timeout)
    #expect(call.complaint.contains("within 0.05 s"))
    #expect(began.duration(to: .now) >= .milliseconds(50))
    let probe = try Health.parse(["-q", "--socket", sidecar.socket, "--timeout", "0.05"])
    #expect(probe.outcome(.test()) == Outcome(status: .timeout))
  }

  @Test("was killed: its socket is there, but nobody listens")
  func dead() throws {
    let path = "/tmp/cloakroom-dead-\(UInt32.random(in: 0 ... .max))"
    defer { unlink(path) }
    let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(bound == 0)
    close(number)
    let outcome = try Call.outcome(["system.ping", "--socket", path])
    #expect(outcome.status == .unavailable)
    #expect(outcome.complaint.contains("nobody listens there any more"))
  }

  @Test(
    "can't be reached for a reason that the user can do something about",
    arguments: [
      (ClientFault.unreachable(errno: EACCES), "usermod -aG"),
      (.unreachable(errno: ENOENT), "start one with `cloakroom serve`"),
      (.unreachable(errno: ECONNREFUSED), "start the sidecar again with `cloakroom serve`"),
      (.untrusted("the folder has mode 777"), "say where it is with --socket"),
      (.closed, "try again"),
    ])
  func advice(fault: ClientFault, advice: String) throws {
    let location = try SidecarLocation.resolve(flag: nil, environment: [:], userID: 1)
    #expect(location.explanation(of: fault).contains(advice))
  }

  @Test("is no sidecar: what it says is not passed on", arguments: ["hello\n", "{}\n", "[1]\n"])
  func foreign(greeting: String) throws {
    let path = "/tmp/cloakroom-foreign-\(UInt32.random(in: 0 ... .max))"
    defer { unlink(path) }
    let words = path + ".words"
    try TextFile.write(greeting, to: words)
    defer { unlink(words) }
    let server = try ChildProcess(
      ["socat", "UNIX-LISTEN:\(path)", "OPEN:\(words),rdonly,ignoreeof!!OPEN:/dev/null,wronly"],
      environment: Tool.environment, output: "/dev/null")
    defer { server.kill() }
    try #require(eventually("socat to listen") { TextFile.exists(path) })
    let outcome = try Call.outcome(["system.ping", "--socket", path])
    #expect(outcome.status == .protocol)
    #expect(!outcome.complaint.contains("hello"))
  }
}
