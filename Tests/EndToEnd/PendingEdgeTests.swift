import Support
import Testing

@Suite("Pending operations at the edge of what Redis can do", .timeLimit(.minutes(2)))
struct PendingEdgeTests {
  private static func create(_ client: LineClient, _ more: String = "") throws -> Answer {
    try client.call(
      "pending.create", #"{"operationType":"form","data":{"n":1},"backend":"store"\#(more)}"#)
  }

  private static func token(_ client: LineClient) throws -> String {
    let answer = try create(client)
    return try #require(answer["token"] as? String, "\(answer)")
  }

  private static func target(_ token: String, _ more: String = "") -> String {
    #"{"token":"\#(token)","operationType":"form"\#(more)}"#
  }

  /// The names in a Redis that match a pattern.
  private static func names(_ redis: RedisServer, _ pattern: String) throws -> [String] {
    try redis.command(["--scan", "--pattern", pattern]).split(separator: "\n").map(String.init)
  }

  // MARK: A full Redis

  @Test("a full one takes nothing more, and what is there can be used, ended and handed over")
  func full() throws {
    let redis = try RedisServer(arguments: ["--maxmemory-policy", "noeviction"])
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    let tokens = try (0..<6).map { _ in try Self.token(client) }
    let receipts = try (0..<3).map { index in
      let lease = try client.call("pending.checkout", Self.target(tokens[index]))
      return try #require(lease["receipt"] as? String, "\(lease)")
    }
    let before = try Self.names(redis, "*").sorted()
    _ = try redis.command(["CONFIG", "SET", "maxmemory", "1"])

    let long = String(repeating: "x", count: 5000)
    let growing = [
      try Self.create(client), try Self.create(client, #","idempotencyKey":"k""#),
      try client.call("pending.update", Self.target(tokens[3], #","patch":{"long":"\#(long)"}"#)),
      try client.call("pending.update", Self.target(tokens[3], #","data":"\#(long)""#)),
      try client.call(
        "pending.update", Self.target(tokens[3], #","data":"\#(long)","idempotencyKey":"u""#)),
    ]
    for answer in growing {
      #expect(answer.reason == "STORE_REFUSED", "\(answer)")
      #expect(answer.detail("code") as? String == "OOM")
    }
    #expect(try Self.names(redis, "*").sorted() == before)
    let read = try client.call("pending.verify", Self.target(tokens[3]))
    #expect(read["data", "n"] as? Int == 1 && read["data", "long"] == nil)

    let receipt = { (index: Int) in #","receipt":"\#(receipts[index])""# }
    let result = receipt(0) + #","result":{"user":1}"#
    for _ in 0..<2 {
      let committed = try client.call("pending.commit", Self.target(tokens[0], result))
      #expect(committed["result", "user"] as? Int == 1, "\(committed)")
    }
    let released = try client.call("pending.release", Self.target(tokens[1], receipt(1)))
    #expect(released["state"] as? String == "open", "\(released)")
    for token in [tokens[1], tokens[4]] {
      let consumed = try client.call("pending.consume", Self.target(token))
      #expect(consumed["data", "n"] as? Int == 1, "\(consumed)")
      #expect(try client.call("pending.consume", Self.target(token)).reason == "CONSUMED")
    }
    let deleted = try client.call("pending.delete", Self.target(tokens[5]))
    #expect(deleted["deleted"] as? Bool == true, "\(deleted)")

    _ = try redis.command(["CONFIG", "SET", "maxmemory", "0"])
    // What was refused was not done, and is not remembered.
    let made = try Self.create(client, #","idempotencyKey":"k""#)
    #expect(made["token"] is String)
    let left = [tokens[0], tokens[1], tokens[5], tokens[2], tokens[3]].map {
      try? client.call("pending.exists", Self.target($0))["reason"] as? String ?? "there"
    }
    #expect(left == ["CONSUMED", "CONSUMED", "DELETED", "there", "there"])
    let held = try client.call("pending.commit", Self.target(tokens[2], receipt(2)))
    #expect(held["committed"] as? Bool == true)
  }

  // MARK: The index of deadlines

  @Test("a reminder of an operation that is not there is swept away, and counts nothing")
  func lonelyReminder() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(
      redis.socketPath, ["--set", "pending.sweepInterval=100ms"])
    let client = try daemon.readyClient()
    let created = try Self.create(client)
    let id = try #require(created["id"] as? String)
    let token = try #require(created["token"] as? String)
    let indexes = try Self.names(redis, "*$deadlines*")
    let index = try #require(indexes.first)
    #expect(indexes.count == 1)
    let members = try redis.command(["ZRANGE", index, "0", "-1"]).split(separator: "\n")
    let member = try #require(members.first { $0.contains(id) })
    let ghosts = (0..<5).map { number in
      member.replacing(id, with: String(id.dropLast(1).reversed()) + "\(number)")
    }
    for ghost in ghosts { _ = try redis.command(["ZADD", index, "1", String(ghost)]) }
    try eventually("the reminders are gone") {
      try redis.command(["ZRANGE", index, "0", "-1"]).split(separator: "\n") == members
    }
    let metrics = try client.metrics()
    for event in ["expired", "dead", "deleted"] {
      #expect(metrics.sum("pending_operations_total", ["event": event]) == 0, "\(event)")
    }
    #expect(try Self.names(redis, "*:pending:*").count { !$0.contains("$") } == 1)
    #expect(try client.call("pending.verify", Self.target(token))["state"] as? String == "open")
  }
}
