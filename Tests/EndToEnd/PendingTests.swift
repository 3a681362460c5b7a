import Support
import Testing

@Suite("Pending operations", .timeLimit(.minutes(3)))
struct PendingTests {
  /// Two sidecars of one Redis, with the same keys.
  private struct Pair {
    let redis: RedisServer
    let daemons: [Daemon]
    let keys: Folder

    init(_ options: [String] = []) throws {
      redis = try RedisServer()
      keys = try Folder()
      let folder = keys.path
      for algorithm in ["HS256", "A256GCM"] {
        let (exit, output) = try Tool.run([
          Daemon.program, "keys", "generate", "--keys", folder, "--algorithm", algorithm, "--id",
          algorithm,
        ])
        guard exit == .status(0) else { throw ChildProcessFailure(output) }
      }
      let path = redis.socketPath
      daemons = try (0..<2).map { _ in
        try RedisSidecar.start(path, patience: "5s", loops: 2, ["--keys", folder] + options)
      }
      for daemon in daemons { _ = try daemon.readyClient() }
    }
  }

  private struct ChildProcessFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  private static func create(
    _ client: LineClient, _ members: String, data: String = #"{"n":1}"#
  ) throws -> String {
    let answer = try client.call(
      "pending.create", #"{"operationType":"form","data":\#(data),\#(members)}"#)
    return try #require(answer["token"] as? String, "\(answer)")
  }

  private static func target(_ token: String, _ more: String = "") -> String {
    #"{"token":"\#(token)","operationType":"form"\#(more)}"#
  }

  @Test(
    "are used by one of fifty that race for one token",
    arguments: [
      #""backend":"store""#, #""backend":"jwt""#, #""backend":"jwt","seal":true,"oneTime":true"#,
    ])
  func race(members: String) throws {
    let pair = try Pair()
    let token = try Self.create(try pair.daemons[0].client(), members)
    let clients = try (0..<50).map { try pair.daemons[$0 % 2].client() }
    for client in clients {
      try client.send(LineClient.request("pending.consume", Self.target(token)))
    }
    let answers = try clients.map { Answer(try $0.readLine()) }
    #expect(answers.count { $0["data", "n"] as? Int == 1 } == 1)
    #expect(answers.count { $0.reason == "CONSUMED" } == 49)
    #expect(try clients[0].call("pending.verify", Self.target(token)).reason == "CONSUMED")
  }

  @Test("lose none of a hundred patches that are merged at once")
  func patches() throws {
    let pair = try Pair()
    let client = try pair.daemons[0].client()
    let token = try Self.create(
      client, #""backend":"store""#, data: #"{"kept":9007199254740993,"list":[],"gone":1}"#)
    let clients = try (0..<10).map { try pair.daemons[$0 % 2].client() }
    for (number, client) in clients.enumerated() {
      try client.sendAll(
        (0..<10).map { turn in
          let patch = #"{"gone":null,"deep":{"k\#(number)_\#(turn)":\#(turn)}}"#
          return ("pending.update", Self.target(token, #","patch":\#(patch)"#))
        })
    }
    for client in clients {
      let answers = try client.readAll(10)
      #expect(answers.count == 10)
      for answer in answers.values { #expect(answer["etag"] is String, "\(answer)") }
    }
    let read = try client.call("pending.verify", Self.target(token))
    #expect((read["data", "deep"] as? [String: Any])?.count == 100)
    #expect(read["data", "gone"] == nil)
    #expect(read.text.contains(#""kept":9007199254740993,"list":[]"#))
  }

  @Test("are changed only over what was seen, or in a new token")
  func updates() throws {
    let pair = try Pair()
    let client = try pair.daemons[0].client()
    let token = try Self.create(client, #""backend":"store""#)
    let etag = try #require(
      try client.call("pending.verify", Self.target(token))["etag"] as? String)
    for change in [#""data":2"#, #""patch":{"n":2}"#] {
      let stale = Self.target(token, #",\#(change),"ifMatch":"\#(String(etag.reversed()))""#)
      #expect(try client.call("pending.update", stale).reason == "CONFLICT")
    }
    let good = Self.target(token, #","patch":{"n":2},"ifMatch":"\#(etag)""#)
    #expect(try client.call("pending.update", good)["etag"] is String)
    #expect(try client.call("pending.update", good).reason == "CONFLICT")

    let signed = try Self.create(client, #""backend":"jwt","seal":true"#)
    let patch = #","patch":{"m":1}"#
    #expect(try client.call("pending.update", Self.target(signed, patch)).reason == "IMMUTABLE")
    let reissued = try client.call(
      "pending.update", Self.target(signed, patch + #","reissue":true"#))
    let new = try #require(reissued["token"] as? String)
    #expect(new.split(separator: ".", omittingEmptySubsequences: false).count == 5)
    #expect(try client.call("pending.verify", Self.target(signed)).reason == "CONSUMED")
    let read = try pair.daemons[1].client().call("pending.verify", Self.target(new))
    #expect(read["data", "n"] as? Int == 1 && read["data", "m"] as? Int == 1)
  }

  @Test("are in tokens while Redis is away, and are never used on trust")
  func outage() throws {
    let pair = try Pair()
    let client = try pair.daemons[0].client()
    let stored = try Self.create(client, #""backend":"auto""#)
    #expect(stored.hasPrefix("cks_"))
    let once = try Self.create(client, #""backend":"jwt","oneTime":true"#)
    pair.redis.kill()
    let isAway = try eventually {
      try client.call("kv.get", #"{"key":"a"}"#).reason == "UNAVAILABLE"
    }
    #expect(isAway)
    let signed = try Self.create(client, #""backend":"auto""#)
    #expect(!signed.hasPrefix("cks_"))
    let created = try client.call(
      "pending.create", #"{"operationType":"form","data":1,"backend":"store"}"#)
    #expect(created.reason == "UNAVAILABLE")
    let read = try client.call("pending.verify", Self.target(signed))
    #expect(read["data", "n"] as? Int == 1 && read["checked"] as? Bool == false)
    for token in [once, stored] {
      #expect(try client.call("pending.verify", Self.target(token)).reason == "UNAVAILABLE")
    }
    for method in ["consume", "delete", "checkout"] {
      let answer = try client.call("pending.\(method)", Self.target(signed))
      #expect(answer.reason == "UNAVAILABLE", "\(method)")
    }
    try pair.redis.restart()
    try client.waitForStore()
    let used = try client.call("pending.consume", Self.target(signed))
    #expect(used["data", "n"] as? Int == 1)
    #expect(try Self.create(client, #""backend":"auto""#).hasPrefix("cks_"))
  }

  @Test("are another tenant's, or another type's, to nobody", arguments: ["store", "jwt"])
  func tenants(backend: String) throws {
    let pair = try Pair()
    let client = try pair.daemons[0].client()
    let scope = #","scope":[{"key":"org","id":"1"}]"#
    let token = try Self.create(client, #""backend":"\#(backend)"\#(scope)"#)
    #expect(try client.call("pending.verify", Self.target(token)).reason == "NOT_FOUND")
    #expect(try client.call("pending.verify", Self.target(token, scope))["id"] is String)
    let other = #"{"token":"\#(token)","operationType":"reset"\#(scope)}"#
    for method in ["verify", "consume", "checkout", "delete"] {
      #expect(try client.call("pending.\(method)", other).reason == "WRONG_TYPE")
    }
    let forged = String(token.dropLast(4)) + (token.hasSuffix("AAAA") ? "BBBE" : "AAAA")
    let exists = try client.call("pending.exists", Self.target(forged, scope))
    #expect(exists["exists"] as? Bool == false)
    #expect(exists["reason"] as? String == (backend == "jwt" ? "TOKEN_INVALID" : "NOT_FOUND"))
    // Nobody makes such a token by other means.
    let signed = try client.call("jwt.sign", #"{"claims":{"data":1},"purpose":"pending"}"#)
    #expect(signed.reason == "INVALID_PARAMS")
  }

  @Test("that are dead are listed, and opened again, by an operator", arguments: [[], ["memory"]])
  func dead(store: [String]) throws {
    let pair = try store.isEmpty ? Pair() : nil
    let daemon = try pair?.daemons[0] ?? Daemon()
    let client = try daemon.client()
    let token = try Self.create(client, #""backend":"store","maxAttempts":1"#)
    let lease = try client.call("pending.checkout", Self.target(token))
    let id = try #require(lease["id"] as? String)
    let receipt = try #require(lease["receipt"] as? String)
    let command = [Daemon.program, "pending", "dead", "--socket", daemon.socketPath]
    #expect(try Tool.run(command).output == "no operation is dead\n")
    let released = try client.call(
      "pending.release", Self.target(token, #","receipt":"\#(receipt)""#))
    #expect(released["state"] as? String == "dead")
    let listed = try Tool.run(command + ["--data"])
    #expect(listed.exit == .status(0))
    #expect(listed.output.contains(id) && listed.output.contains(#""data":{"n":1}"#))
    #expect(!listed.output.contains(token))
    let opened = try Tool.run(command + ["--reopen", id])
    #expect(opened.exit == .status(0) && opened.output == id + "\n")
    #expect(try Tool.run(command).output == "no operation is dead\n")
    #expect(try Tool.run(command + ["--reopen", id]).exit == .status(1))
    #expect(try Tool.run(command + ["--reopen", id, "--data"]).exit == .status(64))
    #expect(try client.call("pending.checkout", Self.target(token))["attempt"] as? Int == 1)
  }

  @Test("leave neither token nor receipt nor data in logs, metrics, errors or Redis' names")
  func secrets() throws {
    let folder = try Folder()
    let log = ObservationLog(in: folder)
    let pair = try Pair(["--access-log", log.path, "--log-level", "trace"])
    let client = try pair.daemons[0].client()
    var secrets: [String] = ["s3cr3t"]
    var errors: [Answer] = []
    for backend in ["store", "jwt"] {
      let token = try Self.create(
        client, #""backend":"\#(backend)","expiresIn":"1h""#, data: #"{"s3cr3t":"s3cr3t"}"#)
      secrets.append(token)
      let lease = try client.call("pending.checkout", Self.target(token))
      let receipt = try #require(lease["receipt"] as? String)
      secrets.append(receipt)
      let given = #","receipt":"\#(receipt)""#
      let calls = [
        ("consume", ""), ("checkout", ""), ("update", #","patch":{"s3cr3t":1}"#),
        ("commit", #","receipt":"s3cr3t","result":"s3cr3t""#), ("delete", ""),
        ("commit", #","receipt":["s3cr3t"]"#), ("checkout", #","leaseTtl":"s3cr3t""#),
        ("verify", #","s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t":1"#),
      ]
      for (method, more) in calls {
        errors.append(try client.call("pending.\(method)", Self.target(token, more)))
      }
      let other = Self.target(String(token.dropLast(2)) + "s3cr3t")
      errors.append(try client.call("pending.verify", other))
      let commit = Self.target(token, given + #","result":"s3cr3t""#)
      #expect(try client.call("pending.commit", commit).reason == nil)
      errors.append(try client.call("pending.consume", Self.target(token)))
    }
    var shown = errors.map(\.text)
    #expect(errors.allSatisfy { $0.reason != nil }, "\(errors)")
    shown.append(try client.call("system.metrics").text)
    shown.append(try pair.redis.command(["KEYS", "*"]))
    for daemon in pair.daemons { #expect(daemon.stop() == .status(0)) }
    #expect(log.lines.count > 20)
    shown += log.lines.map(String.init)
    shown += pair.daemons.map(\.output)
    for secret in secrets {
      for text in shown { #expect(!text.contains(secret)) }
    }
    // Of an operation in the store, not even Redis' values have the token or the receipt.
    let keys = try pair.redis.command(["KEYS", "*"]).split(separator: "\n").map(String.init)
    for key in keys {
      let reading =
        switch try pair.redis.command(["TYPE", key]) {
        case "zset": ["ZRANGE", key, "0", "-1"]
        case "hash": ["HGETALL", key]
        default: ["GET", key]
        }
      let values = try pair.redis.command(reading)
      for secret in secrets.dropFirst() { #expect(!values.contains(secret)) }
    }
  }

  @Test("are counted")
  func metrics() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    _ = try Self.create(client, #""backend":"jwt""#)
    let token = try Self.create(client, #""backend":"store""#)
    _ = try client.call("pending.consume", Self.target(token))
    let brief = try Self.create(client, #""backend":"store","expiresIn":"1ms""#)
    let isOver = try eventually {
      try client.call("pending.verify", Self.target(brief)).reason == "EXPIRED"
    }
    #expect(isOver)
    _ = try client.call("pending.verify", Self.target(brief))
    for (event, count) in [
      ("created_store", 2), ("created_jwt", 1), ("consumed", 1), ("expired", 1), ("dead", 0),
    ] {
      let sum = try client.metrics().sum("pending_operations_total", ["event": event])
      #expect(sum == Double(count), "\(event)")
    }
  }
}
