import Glibc
import Support
import Testing

@Suite(
  "The policy, for another user", .timeLimit(.minutes(2)),
  .enabled(if: PolicyPeer.mayBeAnother, "only root can act as another user"))
struct PolicyPeerTests {
  @Test("has no service for whom it doesn't name, and lets nothing of theirs through")
  func unknown() throws {
    let daemon = try Daemon(
      ["--socket-mode", "666"],
      configuration: #"{"services": {"mine": {"uids": [\#(getuid())]}}}"#)
    let answers = try PolicyPeer.exchange(
      LineClient.request("system.ping", id: 1)
        + LineClient.request("kv.get", #"{"key":"a"}"#, id: 2)
        + LineClient.request("system.hello", id: 3)
        + LineClient.request("system.hello", #"{"service":"mine"}"#, id: 4)
        + LineClient.request("no.such", id: 5), with: daemon)
    let reasons = Dictionary(
      answers.map { ($0.id ?? -1, $0.reason ?? "ok") }, uniquingKeysWith: { $1 })
    #expect(reasons[1] == "FORBIDDEN")
    #expect(reasons[2] == "FORBIDDEN")
    #expect(reasons[3] == "FORBIDDEN")
    #expect(reasons[4] == "FORBIDDEN")
    #expect(reasons[5] == "METHOD_NOT_FOUND")
    // The one whom it names goes on as before.
    let client = try daemon.client()
    #expect(try client.call("system.hello")["service"] as? String == "mine")
    #expect(
      try client.metrics().sum("calls_total", ["service": "unknown", "reason": "FORBIDDEN"]) == 4)
  }

  @Test("may not even connect where the socket's mode says so")
  func mode() throws {
    let daemon = try Daemon(["--socket-mode", "600"])
    #expect(throws: PolicyPeer.Failure.self) { try PolicyPeer.call("system.ping", on: daemon) }
    #expect(try daemon.client().call("system.ping").result as? String == "pong")
  }

  @Test(
    "finds the service by user, group, supplementary group, name or everybody",
    arguments: [
      (#"{"uids": [65534]}"#, UInt32(1), [UInt32]()),
      (#"{"users": ["nobody"]}"#, 1, []),
      (#"{"gids": [4711]}"#, 4711, []),
      (#"{"gids": [4711]}"#, 65_534, [12, 4711]),
      (#"{"gids": [4711]}"#, 65_534, (5000..<5100).map { $0 } + [4711]),
      (#"{"groups": ["daemon"]}"#, 1, []),
      (#"{"users": ["*"]}"#, 1, []),
    ])
  func members(who: String, group: UInt32, groups: [UInt32]) throws {
    let daemon = try Daemon(
      ["--socket-mode", "666"],
      configuration: #"""
        {"services": {"mine": {"uids": [\#(getuid())]}, "theirs": \#(who), "late": {"users": ["*"]}}}
        """#)
    let answer = try PolicyPeer.call("system.hello", on: daemon, groups: groups, group: group)
    #expect(answer["service"] as? String == "theirs", "\(answer)")
    #expect(answer["uid"] as? Int == 65_534)
    #expect(answer["gid"] as? Int == Int(group))
    // A service is picked from those that are the caller's.
    let mine = try PolicyPeer.call(
      "system.hello", #"{"service":"mine"}"#, on: daemon, groups: groups, group: group)
    #expect(mine.reason == "FORBIDDEN")
  }
}
