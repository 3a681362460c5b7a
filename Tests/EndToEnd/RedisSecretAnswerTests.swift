import Glibc
import Support
import Testing

@Suite("A secret answer that Redis keeps", .timeLimit(.minutes(3)))
struct RedisSecretAnswerTests {
  static let calls = SecretAnswerTests.calls

  /// Two sidecars of one Redis, with the same keys.
  private struct Pair {
    let redis: RedisServer
    let keys: TokenKeys
    let daemons: [Daemon]
    let clients: [LineClient]

    init(
      _ algorithms: [String] = SecretAnswerTests.algorithms, _ options: [String] = []
    ) throws {
      let redis = try RedisServer()
      let keys = try TokenKeys(copiesOf: algorithms)
      self.redis = redis
      self.keys = keys
      daemons = try (0..<2).map { _ in
        try RedisSidecar.start(redis.socketPath, patience: "5s", ["--keys", keys.path] + options)
      }
      clients = try daemons.map { try $0.readyClient() }
    }

    /// How many names in Redis match a pattern.
    func count(_ pattern: String) throws -> Int {
      try redis.command(["--scan", "--pattern", pattern]).split(separator: "\n").count
    }

    /// Has both sidecars read their keys anew, and waits until they have.
    func reload() throws {
      let before = daemons.map { Self.reloads($0) }
      for daemon in daemons { daemon.process.signal(SIGHUP) }
      let isDone = eventually { zip(daemons, before).allSatisfy { Self.reloads($0) > $1 } }
      #expect(isDone)
    }

    private static func reloads(_ daemon: Daemon) -> Int {
      daemon.output.split(separator: "\n").count { $0.contains("keys reloaded") }
    }
  }

  private static func record(_ key: String) -> String {
    "cloakroom:default:idempotency:call:\(key)"
  }

  @Test("is told by another sidecar with the same keys, and by one that was started later")
  func shared() throws {
    let pair = try Pair()
    var answers: [Answer] = []
    for (number, call) in Self.calls.enumerated() {
      let params = call.params("k\(number)")
      let first = try pair.clients[0].call(call.method, params)
      #expect(first["token"] is String)
      #expect(try pair.clients[1].call(call.method, params).text == first.text)
      answers.append(first)
    }
    for daemon in pair.daemons { daemon.stop() }
    let third = try RedisSidecar.start(
      pair.redis.socketPath, patience: "5s", ["--keys", pair.keys.path])
    let later = try third.readyClient()
    for (number, call) in Self.calls.enumerated() {
      let params = call.params("k\(number)")
      #expect(try later.call(call.method, params).text == answers[number].text)
      // Another scope has a record of its own.
      let scoped = params.dropLast() + #","scope":[{"key":"o","id":"1"}]}"#
      let other = try later.call(call.method, String(scoped))["token"] as? String
      #expect(other != nil && other != answers[number]["token"] as? String)
    }
  }

  @Test("is the first one's where two sidecars keep data in different places")
  func defaults() throws {
    let redis = try RedisServer()
    let keys = try TokenKeys(["HS256"])
    let daemons = try ["store", "jwt"].map {
      try RedisSidecar.start(
        redis.socketPath, patience: "5s",
        ["--keys", keys.path, "--set", "pending.backend=\($0)"])
    }
    let clients = try daemons.map { try $0.readyClient() }
    for (first, second, backend) in [(0, 1, "store"), (1, 0, "jwt")] {
      let params = #"{"operationType":"form","data":1,"idempotencyKey":"\#(backend)"}"#
      let answer = try clients[first].call("pending.create", params)
      #expect(answer["backend"] as? String == backend)
      #expect(try clients[second].call("pending.create", params).text == answer.text)
    }
  }

  @Test("is in nothing that Redis is told or keeps, and in no log and no metric")
  func unreadable() throws {
    let folder = try Folder()
    let log = ObservationLog(in: folder)
    let pair = try Pair(
      SecretAnswerTests.algorithms, ["--log-level", "trace", "--access-log", log.path])
    let heard = folder.path + "/monitor"
    let monitor = try ChildProcess(
      ["redis-cli", "-s", pair.redis.socketPath, "monitor"],
      environment: Tool.environment, output: heard)
    defer { monitor.kill() }
    let isOn = try eventually {
      _ = try pair.redis.command(["PING"])
      return TextFile.read(heard).contains("\"PING\"")
    }
    #expect(isOn)
    var secrets: [String] = []
    for (number, call) in Self.calls.enumerated() {
      for client in pair.clients {
        let answer = try client.call(call.method, call.params("k\(number)"))
        secrets.append(try #require(answer["token"] as? String))
      }
    }
    let signed = try #require(
      try pair.clients[0].call(Self.calls[2].method, "{\(Self.calls[2].members)}")["token"]
        as? String)
    let reissued = SecretAnswerTests.target(
      signed, #","data":2,"reissue":true,"idempotencyKey":"reissue""#)
    for client in pair.clients {
      let answer = try client.call("pending.update", reissued)
      secrets.append(try #require(answer["token"] as? String))
    }
    #expect(Set(secrets).count == Self.calls.count + 1)
    _ = try pair.redis.command(["CONFIG", "SET", "rdbcompression", "no"])
    _ = try pair.redis.command(["SAVE"])
    _ = try pair.redis.command(["ECHO", "all-is-said"])
    let isHeard = eventually { TextFile.read(heard).contains("all-is-said") }
    #expect(isHeard)
    let dump = pair.redis.socketPath.replacing("redis.sock", with: "dump.rdb")
    // What is there to be found is found in this way.
    for text in [TextFile.read(heard), TextFile.read(dump)] {
      #expect(text.contains(Self.record("k0")) && text.contains(Self.record("reissue")))
    }
    let metrics = try pair.clients.map { try $0.metrics().text }
    for daemon in pair.daemons { daemon.stop() }
    #expect(log.lines.count { $0.contains("pending.create") } > 10)
    let texts =
      [TextFile.read(heard), TextFile.read(dump), log.lines.joined()] + metrics
      + pair.daemons.map(\.output)
    for text in texts {
      for secret in secrets {
        #expect(!text.contains(secret))
        // A token's last part, in whatever it may be wrapped, would be enough to know it by.
        #expect(!text.contains(secret.suffix(24)))
      }
    }
  }

  @Test("is told after its key was rotated, and not once the key is retired")
  func rotation() throws {
    let pair = try Pair(["HS256", "A256GCM"])
    let calls = Self.calls.filter { !$0.members.contains("keyId") }
    let first = try calls.enumerated().map { number, call in
      try pair.clients[0].call(call.method, call.params("k\(number)")).text
    }
    let signing = #"{"claims":{"n":1},"keyId":"HS256","idempotencyKey":"named"}"#
    let named = try pair.clients[0].call("jwt.sign", signing).text
    for key in ["HS256", "A256GCM"] { try pair.keys.run("rotate", key) }
    try pair.reload()
    // The key that the call names signs nothing more; what it has signed is told.
    #expect(try pair.clients[1].call("jwt.sign", signing).text == named)
    let unknown = signing.replacing("named", with: "new")
    #expect(try pair.clients[1].call("jwt.sign", unknown).reason == "INVALID_PARAMS")
    for (number, call) in calls.enumerated() {
      let again = try pair.clients[1].call(call.method, call.params("k\(number)"))
      #expect(again.text == first[number])
    }
    let operations = try pair.count("*:pending:*")
    try pair.keys.run("retire", "A256GCM")
    try pair.reload()
    for (number, call) in calls.enumerated() {
      let lost = try pair.clients[1].call(call.method, call.params("k\(number)"))
      #expect(lost.reason == "CONFLICT")
      #expect(lost.isRetryable == false)
      #expect(lost.detail("keyId") as? String == "A256GCM")
      #expect(
        try pair.clients[1].call(call.method, call.otherParams("k\(number)")).reason
          == "IDEMPOTENCY_MISMATCH")
    }
    #expect(try pair.count("*:pending:*") == operations)
  }

  @Test("can't be told by a sidecar with other keys, which makes nothing a second time")
  func otherKeys() throws {
    let pair = try Pair()
    let other = try RedisSidecar.start(pair.redis.socketPath, patience: "5s")
    let stranger = try other.readyClient()
    for (number, call) in Self.calls.enumerated() {
      let first = try pair.clients[0].call(call.method, call.params("k\(number)"))
      let operations = try pair.count("*:pending:*")
      let lost = try stranger.call(call.method, call.params("k\(number)"))
      #expect(lost.reason == "CONFLICT", "\(lost)")
      #expect(try pair.count("*:pending:*") == operations)
      #expect(try pair.clients[1].call(call.method, call.params("k\(number)")).text == first.text)
    }
  }

  @Test("is refused when somebody has changed it in Redis, and nothing breaks")
  func tampered() throws {
    let pair = try Pair(["HS256"])
    let client = pair.clients[0]
    let change = """
      local kept = cmsgpack.unpack(redis.call('HGET', KEYS[1], '0'))
      local note, place = kept[1], tonumber(ARGV[1])
      kept[1] = note:sub(1, place - 1) .. string.char((note:byte(place) + 1) % 256)
        .. note:sub(place + 1)
      redis.call('HSET', KEYS[1], '0', cmsgpack.pack(kept))
      return #note
      """
    for (number, backend) in ["store", "jwt"].enumerated() {
      let params =
        #"{"operationType":"form","data":1,"backend":"\#(backend)","idempotencyKey":"k\#(number)"}"#
      let key = Self.record("k\(number)")
      let first = try client.call("pending.create", params)
      let operations = try pair.count("*:pending:*")
      _ = try pair.redis.command(["COPY", key, "good", "REPLACE"])
      var places = 1
      while places < 1000 {
        let length = try #require(
          Int(try pair.redis.command(["EVAL", change, "1", key, "\(places)"])))
        let answer = try client.call("pending.create", params)
        // A changed name is that of a key which is not here.
        #expect(answer.reason == "STORE_REFUSED" || answer.reason == "CONFLICT", "\(answer)")
        if answer.reason == "STORE_REFUSED" {
          #expect(answer.detail("code") as? String == "BADSEAL")
        }
        _ = try pair.redis.command(["COPY", "good", key, "REPLACE"])
        if places >= length { break }
        places = min(places + 13, length)
      }
      #expect(try client.call("pending.create", params).text == first.text)
      // And whatever else could stand there.
      for other in [
        "cmsgpack.pack({'x', 1})", "cmsgpack.pack({'x', {1, 0}})", "cmsgpack.pack({'x'})",
        "cmsgpack.pack({1, 0, '', 'form', 1, 2, 0, 10, 0, 0})", "cmsgpack.pack(1)", "'\\255'",
        "''", "cmsgpack.pack('x')", "cmsgpack.pack({})", "cmsgpack.pack({'x', {'y', {'z', 1}}})",
      ] {
        let write = "return redis.call('HSET', KEYS[1], '0', \(other))"
        _ = try pair.redis.command(["EVAL", write, "1", key])
        let answer = try client.call("pending.create", params)
        #expect(answer.result == nil, "\(other) \(answer)")
      }
      _ = try pair.redis.command(["COPY", "good", key, "REPLACE"])
      #expect(try client.call("pending.create", params).text == first.text)
      #expect(try pair.count("*:pending:*") == operations)
      // Another call's sealed answer does not open in this one's record.
      _ = try client.call("pending.create", params.replacing("\"k\(number)\"", with: "\"other\""))
      let swap = """
        redis.call('HSET', KEYS[1], '0', redis.call('HGET', KEYS[2], '0'))
        """
      _ = try pair.redis.command(["EVAL", swap, "2", key, Self.record("other")])
      #expect(try client.call("pending.create", params).detail("code") as? String == "BADSEAL")
      _ = try pair.redis.command(["DEL", key, Self.record("other")])
    }
  }

  @Test("is UNAVAILABLE while Redis is away, and no token is signed in its place")
  func outage() throws {
    let pair = try Pair()
    let client = pair.clients[0]
    pair.redis.kill()
    let isAway = try eventually {
      try client.call("kv.get", #"{"key":"a"}"#).reason == "UNAVAILABLE"
    }
    #expect(isAway)
    for call in Self.calls {
      #expect(try client.call(call.method, call.params("k")).reason == "UNAVAILABLE", "\(call)")
    }
    #expect(try client.call("pending.create", "{\(Self.calls[1].members)}")["token"] is String)
    #expect(try client.metrics().sum("pending_operations_total") == 1)
    try pair.redis.restart()
    try client.waitForStore()
    for (number, call) in Self.calls.enumerated() {
      #expect(try client.call(call.method, call.params("k\(number)"))["token"] is String)
    }
  }

  @Test("is made once, and told, wherever the connection to Redis is cut")
  func cut() throws {
    let redis = try RedisServer()
    let keys = try TokenKeys(["HS256"])
    let proxy = try CuttingProxy(to: redis.socketPath)
    let daemon = try RedisSidecar.start(proxy.path, patience: "5s", ["--keys", keys.path])
    let client = try daemon.readyClient()
    var cuts = 0
    for backend in ["store", "jwt"] {
      for (direction, end) in [(CuttingProxy.Direction.requests, 400), (.replies, 120)] {
        for bytes in stride(from: 0, through: end, by: end / 12) {
          cuts += 1
          let name = "\(backend) \(direction) \(bytes)"
          let params =
            #"{"operationType":"form","data":1,"backend":"\#(backend)","idempotencyKey":"\#(name)"}"#
          proxy.cut(direction, after: bytes)
          let answer = try client.call("pending.create", params)
          #expect(proxy.cuts == cuts, "\(name)")
          let token = try #require(answer["token"] as? String, "\(name) \(answer)")
          #expect(try client.call("pending.create", params).text == answer.text, "\(name)")
          let used = try client.call("pending.consume", SecretAnswerTests.target(token))
          #expect(used["data"] as? Int == 1, "\(name)")
        }
      }
    }
    let operations = try redis.command(["--scan", "--pattern", "*:pending:*"])
    #expect(operations.split(separator: "\n").count == cuts)
  }

  @Test("is the same for all of fifty that race for it in two sidecars", arguments: calls)
  func race(call: SecretAnswerTests.Call) throws {
    let pair = try Pair()
    let clients = try (0..<50).map { try pair.daemons[$0 % 2].client() }
    for client in clients { try client.send(LineClient.request(call.method, call.params("k"))) }
    let answers = try clients.map { try $0.readLine() }
    #expect(Set(answers).count == 1)
    #expect(Answer(answers[0])["token"] is String, "\(answers[0])")
    #expect(try pair.count("*:pending:*") <= 1)
  }

  @Test("is one new token of fifty that race to reissue one in two sidecars")
  func reissues() throws {
    let pair = try Pair()
    let signed = try pair.clients[0].call(
      "pending.create", #"{"operationType":"form","data":1,"backend":"jwt"}"#)
    let token = try #require(signed["token"] as? String)
    let params = SecretAnswerTests.target(
      token, #","data":2,"reissue":true,"idempotencyKey":"k""#)
    let clients = try (0..<50).map { try pair.daemons[$0 % 2].client() }
    for client in clients { try client.send(LineClient.request("pending.update", params)) }
    let answers = try clients.map { try $0.readLine() }
    #expect(Set(answers).count == 1)
    let new = try #require(Answer(answers[0])["token"] as? String, "\(answers[0])")
    let used = try clients[1].call("pending.consume", SecretAnswerTests.target(new))
    #expect(used["data"] as? Int == 2)
    let sum = try pair.clients.reduce(0) {
      $0 + (try $1.metrics().sum("pending_operations_total", ["event": "updated"]))
    }
    #expect(sum == 1)
  }
}
