import Support
import Testing

@Suite("A list that meets what is no record", .timeLimit(.minutes(2)))
struct ForeignRecordTests {
  /// A store with somebody's two dead sessions and two dead operations, of which one each is written over.
  private final class Stage {
    let redis: RedisServer
    let daemon: Daemon
    let client: LineClient
    private(set) var ref = ""
    private(set) var id = ""

    init() throws {
      redis = try RedisServer()
      _ = try redis.command(["ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all"])
      daemon = try RedisSidecar.start(
        "unix://app:secret@\(redis.socketPath)", ["--set", "pending.maxAttempts=1"])
      client = try daemon.readyClient()
      for number in 0..<2 {
        let session = try client.call("session.create", #"{"principal":"ann"}"#)
        let own = #""sessionId":"\#(session["sessionId"] as? String ?? "")""#
        let held = try #require(
          try client.call("session.checkout", "{\(own)}")["receipt"] as? String)
        let given = try client.call("session.release", #"{\#(own),"receipt":"\#(held)"}"#)
        #expect(given["state"] as? String == "dead", "\(given)")
        let operation = try client.call("pending.create", #"{"operationType":"t","data":1}"#)
        let token = #""token":"\#(operation["token"] as? String ?? "")","operationType":"t""#
        let lease = try client.call("pending.checkout", "{\(token)}")
        let receipt = try #require(lease["receipt"] as? String, "\(lease)")
        let released = try client.call("pending.release", #"{\#(token),"receipt":"\#(receipt)"}"#)
        #expect(released["state"] as? String == "dead", "\(released)")
        if number == 0 {
          try overwrite("session", try #require(session["ref"] as? String))
          try overwrite("pending", try #require(operation["id"] as? String))
        } else {
          ref = try #require(session["ref"] as? String)
          id = try #require(operation["id"] as? String)
        }
      }
    }

    private func overwrite(_ namespace: String, _ name: String) throws {
      _ = try redis.command(["SET", "cloakroom:default:\(namespace):\(name)", "somebody else's"])
    }

    /// Takes away the right to a command, or gives it back.
    func rights(_ rule: String) throws { _ = try redis.command(["ACL", "SETUSER", "app", rule]) }
  }

  /// What a list has of something.
  private static func list(_ answer: Answer, _ name: String, _ member: String) -> [String] {
    (answer[name] as? [[String: Any]] ?? []).compactMap { $0[member] as? String }
  }

  @Test("passes it by")
  func foreign() throws {
    let stage = try Stage()
    let sessions = try stage.client.call("session.list", #"{"principal":"ann"}"#)
    #expect(Self.list(sessions, "sessions", "ref") == [stage.ref], "\(sessions)")
    let dead = try stage.client.call("session.dead")
    #expect(Self.list(dead, "sessions", "ref") == [stage.ref], "\(dead)")
    let operations = try stage.client.call("pending.dead")
    #expect(Self.list(operations, "operations", "id") == [stage.id], "\(operations)")
    let deleted = try stage.client.call("session.deleteAll", #"{"principal":"ann"}"#)
    #expect(deleted["deleted"] as? Int == 1, "\(deleted)")
  }

  @Test("says that the store has refused it, and leaves nothing out, where it may not do it")
  func refused() throws {
    let stage = try Stage()
    for (right, method, params) in [
      ("get", "session.list", #"{"principal":"ann"}"#), ("get", "session.dead", "{}"),
      ("getrange", "pending.dead", "{}"), ("evalsha", "session.deleteAll", #"{"principal":"ann"}"#),
    ] {
      try stage.rights("-" + right)
      let answer = try stage.client.call(method, params)
      #expect(answer.reason == "STORE_REFUSED", "\(method): \(answer)")
      #expect(answer.detail("code") as? String == "NOPERM", "\(answer)")
      try stage.rights("+" + right)
    }
    let sessions = try stage.client.call("session.list", #"{"principal":"ann"}"#)
    #expect(Self.list(sessions, "sessions", "ref") == [stage.ref], "\(sessions)")
  }
}
