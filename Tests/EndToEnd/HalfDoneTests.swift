import Support
import Testing

@Suite("A call of several steps that Redis refuses in the middle", .timeLimit(.minutes(2)))
struct HalfDoneTests {
  /// A sidecar whose Redis user's rights change while it works.
  private final class Stage {
    let redis: RedisServer
    let daemon: Daemon
    let client: LineClient

    init() throws {
      redis = try RedisServer()
      _ = try redis.command(["ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all"])
      daemon = try RedisSidecar.start("unix://app:secret@\(redis.socketPath)")
      client = try daemon.readyClient()
    }

    func rights(_ rules: [String]) throws {
      _ = try redis.command(["ACL", "SETUSER", "app"] + rules)
    }

    /// Lets it write under some names only.
    func writeOnly(_ names: [String]) throws {
      try rights(
        ["resetkeys", "%R~*"] + (names + ["$", ":of:", "idempotency"]).map { "~*\($0)*" })
    }
  }

  /// Sessions of one person. → their refs, the newest first, which is the order in which they are ended
  private static func sessions(_ stage: Stage, _ count: Int) throws -> [String] {
    for _ in 0..<count { _ = try stage.client.call("session.create", #"{"principal":"ann"}"#) }
    let listed = try stage.client.call("session.list", #"{"principal":"ann"}"#)
    let refs = (listed["sessions"] as? [[String: Any]] ?? []).compactMap { $0["ref"] as? String }
    try #require(refs.count == count, "\(listed)")
    return refs
  }

  @Test(
    "says that some sessions are ended, and ends the rest when it is repeated",
    arguments: ["", #","idempotencyKey":"out""#])
  func deleteAll(key: String) throws {
    let stage = try Stage()
    let refs = try Self.sessions(stage, 3)
    let call = #"{"principal":"ann"\#(key)}"#
    // Of the first nothing is done: that is what the refusal says.
    try stage.writeOnly(Array(refs[1...]))
    let whole = try stage.client.call("session.deleteAll", call)
    #expect(whole.reason == "STORE_REFUSED", "\(whole)")
    try stage.writeOnly([refs[0], refs[2]])
    let half = try stage.client.call("session.deleteAll", call)
    #expect(half.reason == "OUTCOME_UNKNOWN", "\(half)")
    #expect(half.detail("code") as? String == "NOPERM", "\(half)")
    #expect(half.detail("reason") as? String == "STORE_REFUSED", "\(half)")
    #expect(half.detail("deleted") as? Int == 1, "\(half)")
    try stage.rights(["allkeys"])
    #expect(try stage.client.call("session.deleteAll", call)["deleted"] as? Int == 2)
  }

  @Test("says that all of it was done where only the answer could not be kept")
  func unkept() throws {
    let stage = try Stage()
    _ = try Self.sessions(stage, 2)
    try stage.rights(["-hset"])
    let call = #"{"principal":"ann","idempotencyKey":"out"}"#
    let answer = try stage.client.call("session.deleteAll", call)
    #expect(answer.reason == "OUTCOME_UNKNOWN", "\(answer)")
    #expect(answer.detail("reason") as? String == "STORE_REFUSED", "\(answer)")
    let left = try stage.client.call("session.list", #"{"principal":"ann"}"#)
    #expect((left["sessions"] as? [Any])?.isEmpty == true, "\(left)")
    try stage.rights(["+hset"])
    #expect(try stage.client.call("session.deleteAll", call)["deleted"] as? Int == 0)
  }

  @Test(
    "says that a part of the cache may be void, and voids the rest when it is repeated",
    arguments: ["", #","idempotencyKey":"void""#])
  func invalidate(key: String) throws {
    let stage = try Stage()
    for name in ["first", "second"] {
      _ = try stage.client.call("cache.set", #"{"key":"\#(name)","value":1,"tags":["t"]}"#)
    }
    let call = #"{"keys":["first","second"]\#(key)}"#
    try stage.writeOnly([":other"])
    let whole = try stage.client.call("cache.invalidate", call)
    #expect(whole.reason == "STORE_REFUSED", "\(whole)")
    try stage.writeOnly([":first"])
    let half = try stage.client.call("cache.invalidate", call)
    #expect(half.reason == "OUTCOME_UNKNOWN", "\(half)")
    #expect(half.detail("code") as? String == "NOPERM", "\(half)")
    try stage.rights(["allkeys"])
    #expect(try stage.client.call("cache.invalidate", call)["keys"] as? Int == 2)
    for name in ["first", "second"] {
      let read = try stage.client.call("cache.get", #"{"key":"\#(name)","lease":false}"#)
      #expect(read["status"] as? String == "miss", "\(read)")
    }
  }
}
