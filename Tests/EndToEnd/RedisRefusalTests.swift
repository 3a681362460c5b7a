import Support
import Testing

@Suite("What Redis refuses", .timeLimit(.minutes(2)))
struct RedisRefusalTests {
  /// A way to have Redis refuse, and what becomes of calls.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What Redis is started with.
    var arguments: [String] = []
    /// Commands that lead to the refusal, and those that lead out of it.
    let into: [[String]]
    let out: [[String]]
    var method = "kv.set"
    var params = #"{"key":"a","value":1}"#
    var reason = "STORE_REFUSED"
    /// Redis' own word; there are several where its releases differ.
    let codes: [String]
    /// Whether a value can be read meanwhile.
    var readsWork = true
    /// Whether the sidecar looks for another server.
    var reconnects = false
  }

  private static let cases: [Case] = [
    Case(
      testDescription: "no memory", into: [["CONFIG", "SET", "maxmemory", "1"]],
      out: [["CONFIG", "SET", "maxmemory", "0"]], codes: ["OOM"]),
    Case(
      testDescription: "no memory for a count", into: [["CONFIG", "SET", "maxmemory", "1"]],
      out: [["CONFIG", "SET", "maxmemory", "0"]], method: "counter.increment",
      params: #"{"key":"a"}"#, codes: ["OOM"]),
    Case(
      testDescription: "no memory under a condition", into: [["CONFIG", "SET", "maxmemory", "1"]],
      out: [["CONFIG", "SET", "maxmemory", "0"]], params: #"{"key":"a","value":1,"ttl":"keep"}"#,
      codes: ["OOM"]),
    Case(
      testDescription: "a forbidden command", into: [["ACL", "SETUSER", "default", "-set"]],
      out: [["ACL", "SETUSER", "default", "+set"]], codes: ["NOPERM"]),
    Case(
      testDescription: "a forbidden command in a script",
      into: [["ACL", "SETUSER", "default", "-incrby"]],
      out: [["ACL", "SETUSER", "default", "+incrby"]], method: "counter.increment",
      params: #"{"key":"a"}"#, codes: ["ERR", "NOPERM"]),
    Case(
      testDescription: "forbidden keys",
      into: [["ACL", "SETUSER", "default", "resetkeys", "~other:*"]],
      out: [["ACL", "SETUSER", "default", "allkeys"]], codes: ["NOPERM"], readsWork: false),
    Case(
      testDescription: "a replica", into: [["REPLICAOF", "127.0.0.1", "1"]],
      out: [["REPLICAOF", "NO", "ONE"]], reason: "UNAVAILABLE", codes: ["READONLY"],
      reconnects: true),
    Case(
      testDescription: "a count on a replica", into: [["REPLICAOF", "127.0.0.1", "1"]],
      out: [["REPLICAOF", "NO", "ONE"]], method: "counter.increment", params: #"{"key":"a"}"#,
      reason: "UNAVAILABLE", codes: ["READONLY"], reconnects: true),
    Case(
      testDescription: "a replica that has lost its primary",
      into: [
        ["CONFIG", "SET", "replica-serve-stale-data", "no"], ["REPLICAOF", "127.0.0.1", "1"],
      ],
      out: [["REPLICAOF", "NO", "ONE"]], method: "kv.get", params: #"{"key":"there"}"#,
      reason: "UNAVAILABLE", codes: ["MASTERDOWN"], readsWork: false),
    Case(
      testDescription: "too few replicas", into: [["CONFIG", "SET", "min-replicas-to-write", "1"]],
      out: [["CONFIG", "SET", "min-replicas-to-write", "0"]], codes: ["NOREPLICAS"]),
    Case(
      testDescription: "a count on a text", into: [["SET", "cloakroom:default:counter:a", "text"]],
      out: [["DEL", "cloakroom:default:counter:a"]], method: "counter.increment",
      params: #"{"key":"a"}"#, codes: ["ERR"]),
    Case(
      testDescription: "a count that is read from a text",
      into: [["SET", "cloakroom:default:counter:a", "text"]],
      out: [["DEL", "cloakroom:default:counter:a"]], method: "counter.get",
      params: #"{"key":"a"}"#, codes: ["WRONGTYPE"]),
    Case(
      testDescription: "a count on a number with a leading zero",
      into: [["SET", "cloakroom:default:counter:a", "007"]],
      out: [["DEL", "cloakroom:default:counter:a"]], method: "counter.increment",
      params: #"{"key":"a"}"#, codes: ["ERR"]),
    Case(
      testDescription: "a count that is read from a number with a leading zero",
      into: [["SET", "cloakroom:default:counter:a", "007"]],
      out: [["DEL", "cloakroom:default:counter:a"]], method: "counter.get",
      params: #"{"key":"a"}"#, codes: ["WRONGTYPE"]),
    Case(
      testDescription: "a value of another type", into: [["RPUSH", "cloakroom:default:kv:a", "1"]],
      out: [["DEL", "cloakroom:default:kv:a"]], method: "kv.get", params: #"{"key":"a"}"#,
      codes: ["WRONGTYPE"]),
    Case(
      testDescription: "a value of another type that is read with its life",
      into: [["RPUSH", "cloakroom:default:kv:a", "1"]], out: [["DEL", "cloakroom:default:kv:a"]],
      method: "kv.get", params: #"{"key":"a","withMeta":true}"#, codes: ["WRONGTYPE"]),
    Case(
      testDescription: "a value of another type that is taken",
      into: [["RPUSH", "cloakroom:default:kv:a", "1"]], out: [["DEL", "cloakroom:default:kv:a"]],
      method: "kv.take", params: #"{"key":"a"}"#, codes: ["WRONGTYPE"]),
    Case(
      testDescription: "a snapshot that failed", arguments: ["--enable-protected-configs", "yes"],
      into: [
        ["CONFIG", "SET", "save", "3600 1000000"], ["CONFIG", "SET", "dir", "/proc"], ["BGSAVE"],
      ],
      out: [["CONFIG", "SET", "stop-writes-on-bgsave-error", "no"]], codes: ["MISCONF"]),
  ]

  @Test("is told to the caller by Redis' own word, and is over when its cause is", arguments: cases)
  func refusal(of test: Case) throws {
    let redis = try RedisServer(arguments: test.arguments)
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "5s")
    let client = try daemon.readyClient()
    #expect(try client.call("kv.set", #"{"key":"there","value":"v"}"#).reason == nil)
    for command in test.into { _ = try redis.command(command) }

    var answer = try client.call(test.method, test.params)
    // A snapshot fails when it does.
    try eventually {
      if answer.reason == nil { answer = try client.call(test.method, test.params) }
      return answer.reason != nil
    }
    #expect(answer.reason == test.reason, "\(answer)")
    #expect(test.codes.contains(answer.detail("code") as? String ?? ""), "\(answer)")
    #expect(answer.isRetryable == (test.reason == "UNAVAILABLE"))
    let reading = try client.call("kv.get", #"{"key":"there"}"#)
    #expect((reading["value"] as? String == "v") == test.readsWork)
    // It was an answer: the connection is as good as before, unless it leads to the wrong server.
    let metrics = try client.metrics()
    let reconnects = metrics.sum("store_reconnects_total")
    #expect(reconnects == metrics.sum("store_reconnects_total", ["reason": "read_only"]))
    #expect((reconnects > 0) == test.reconnects)
    #expect(metrics.sum("calls_total", ["method": test.method, "reason": test.reason]) >= 1)

    for command in test.out { _ = try redis.command(command) }
    let isOver = try eventually { try client.call(test.method, test.params).reason == nil }
    #expect(isOver)
  }

  @Test("while a script keeps it busy is UNAVAILABLE, and nothing of it is done")
  func busy() throws {
    let redis = try RedisServer(arguments: ["--busy-reply-threshold", "20"])
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "5s")
    let client = try daemon.readyClient()
    let hog = try ChildProcess(
      ["redis-cli", "-s", redis.socketPath, "EVAL", "while true do end", "0"],
      environment: Tool.environment, output: "/dev/null")
    var answers: [Answer] = []
    let isBusy = try eventually {
      answers = try (0..<3).map { _ in try client.call("counter.increment", #"{"key":"n"}"#) }
      return answers.allSatisfy { $0.reason != nil }
    }
    #expect(isBusy)
    for answer in answers {
      #expect(answer.reason == "UNAVAILABLE", "\(answer)")
      #expect(answer.detail("code") as? String == "BUSY")
    }
    // All that were answered before Redis was busy, and no other.
    let before = Int(
      try client.metrics().sum("calls_total", ["method": "counter.increment", "reason": "ok"]))
    _ = try redis.command(["SCRIPT", "KILL"])
    #expect(hog.waitForExit(within: .seconds(10)) != nil)
    let after = try client.call("counter.get", #"{"key":"n"}"#)["value"] as? Int
    #expect(after == before)
    #expect(try client.metrics().sum("store_reconnects_total") == 0)
  }

  @Test("while it loads its data is UNAVAILABLE")
  func loading() throws {
    let redis = try RedisServer(arguments: [
      "--enable-debug-command", "yes", "--key-load-delay", "2000",
      "--loading-process-events-interval-bytes", "1024",
    ])
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "5s")
    let client = try daemon.readyClient()
    _ = try redis.command(["DEBUG", "POPULATE", "800", "k", "64"])
    #expect(try client.call("kv.set", #"{"key":"there","value":"v"}"#).reason == nil)
    let reload = try ChildProcess(
      ["redis-cli", "-s", redis.socketPath, "DEBUG", "RELOAD"],
      environment: Tool.environment, output: "/dev/null")
    var seen: Answer?
    let isLoading = try eventually {
      let answer = try client.call("kv.get", #"{"key":"there"}"#)
      if answer.reason != nil { seen = answer }
      return seen != nil || reload.waitForExit(within: .zero) != nil
    }
    #expect(isLoading)
    #expect(seen?.reason == "UNAVAILABLE")
    #expect(seen?.detail("code") as? String == "LOADING")
    #expect(reload.waitForExit(within: .seconds(20)) == .status(0))
    #expect(try client.call("kv.get", #"{"key":"there"}"#)["value"] as? String == "v")
  }
}
