import Support
import Testing

@Suite("What the store refuses, for the operator", .timeLimit(.minutes(2)))
struct RefusalHealthTests {
  /// The reasons that a health report gives for a part.
  private static func reasons(
    _ client: LineClient, _ list: String = "degraded", of part: String = "store"
  ) throws -> [String] {
    (try client.call("system.health")[list] as? [[String: String]] ?? [])
      .filter { $0["what"] == part }.compactMap { $0["reason"] }
  }

  private static func lines(_ text: String, of daemon: Daemon) -> Int {
    daemon.output.split(separator: "\n").count { $0.contains(text) }
  }

  /// How Redis is brought to refuse and out of it again, the word, and a piece of its sentence.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let into: [[String]]
    let out: [[String]]
    let sentence: String?
  }

  private static let cases: [Case] = [
    Case(
      testDescription: "OOM", into: [["CONFIG", "SET", "maxmemory", "1"]],
      out: [["CONFIG", "SET", "maxmemory", "0"]], sentence: "OOM command not allowed"),
    Case(
      testDescription: "READONLY", into: [["REPLICAOF", "127.0.0.1", "1"]],
      out: [["REPLICAOF", "NO", "ONE"]], sentence: nil),
    Case(
      testDescription: "NOREPLICAS", into: [["CONFIG", "SET", "min-replicas-to-write", "1"]],
      out: [["CONFIG", "SET", "min-replicas-to-write", "0"]], sentence: "NOREPLICAS Not enough"),
  ]

  @Test(
    "is degraded as long as it lasts, with Redis' own sentence; the log has a line for its beginning and one for its end",
    arguments: cases)
  func lasting(_ test: Case) throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, loops: 2)
    let client = try daemon.readyClient()
    for command in test.into { _ = try redis.command(command) }
    for _ in 0..<5 {
      #expect(try client.call("kv.set", #"{"key":"a","value":1}"#).reason != nil)
    }
    let reasons = try Self.reasons(client)
    #expect(reasons.count == 1, "\(reasons)")
    if let sentence = test.sentence {
      #expect(reasons.first?.contains(sentence) == true, "\(reasons)")
    }
    let code = test.testDescription
    #expect(try client.metrics().sum("store_refusals_total", ["code": code]) >= 5)
    // Asked for again and again, as it lasts: one line.
    #expect(try Self.reasons(client).count == 1)
    let begun = daemon.output.split(separator: "\n").filter {
      $0.contains(" error ") && $0.contains("Redis") && !$0.contains("can't connect")
    }
    #expect(begun.count == 1, "\(daemon.output)")

    for command in test.out { _ = try redis.command(command) }
    // No call but the question itself.
    #expect(try eventually { try Self.reasons(client).isEmpty })
    #expect(Self.lines("the store no longer refuses: \(code)", of: daemon) == 1)
  }

  @Test("is seen to end though nobody asks")
  func endsByItself() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    _ = try redis.command(["CONFIG", "SET", "maxmemory", "1"])
    #expect(try client.call("kv.set", #"{"key":"a","value":1}"#).reason == "STORE_REFUSED")
    #expect(eventually { Self.lines("Redis is full", of: daemon) == 1 })
    _ = try redis.command(["CONFIG", "SET", "maxmemory", "0"])
    #expect(
      eventually(within: .seconds(30)) { Self.lines("no longer refuses: OOM", of: daemon) == 1 })
  }

  @Test("of rights is told with what the user may not do")
  func rights() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath)
    let client = try daemon.readyClient()
    _ = try redis.command(["ACL", "SETUSER", "default", "-set"])
    let answer = try client.call("kv.set", #"{"key":"a","value":1}"#)
    #expect((answer.detail("message") as? String)?.contains("'set'") == true, "\(answer)")
    let reasons = try Self.reasons(client)
    #expect(reasons.count == 1)
    #expect(reasons.first?.contains("'set'") == true, "\(reasons)")
    #expect(Self.lines("Redis' user may not do", of: daemon) == 1)
  }

  @Test("of the store in memory is told, and over when there is room")
  func memory() throws {
    let daemon = try Daemon(["--set", "limits.memoryBytes=1MiB"])
    let client = try daemon.client()
    let value = #""\#(String(repeating: "x", count: 100_000))""#
    var answer = try client.call("kv.set", #"{"key":"0","value":\#(value)}"#)
    for index in 1..<100 where answer.reason == nil {
      answer = try client.call("kv.set", #"{"key":"\#(index)","value":\#(value)}"#)
    }
    #expect(answer.reason == "STORE_REFUSED")
    let reasons = try Self.reasons(client)
    #expect(reasons.count == 1)
    #expect(reasons.first?.contains("limits.memoryBytes") == true, "\(reasons)")
    #expect(Self.lines("the store in memory is full", of: daemon) == 1)
    #expect(try client.metrics().sum("store_refusals_total", ["code": "OOM"]) == 1)
    for index in 0..<100 { _ = try client.call("kv.remove", #"{"key":"\#(index)"}"#) }
    #expect(try Self.reasons(client).isEmpty)
    #expect(Self.lines("no longer refuses: OOM", of: daemon) == 1)
  }
}
