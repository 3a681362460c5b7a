import Support
import Testing

@Suite("A call with an idempotency key whose answer is a secret", .timeLimit(.minutes(3)))
struct SecretAnswerTests {
  /// One such call.
  struct Call: Sendable, CustomStringConvertible {
    let method: String
    let members: String
    /// Other parameters of the same method.
    let others: String

    init(_ method: String, _ members: String, other others: String) {
      self.method = method
      self.members = members
      self.others = others
    }

    var description: String { "\(method) \(members)" }

    func params(_ key: String) -> String { #"{\#(members),"idempotencyKey":"\#(key)"}"# }
    func otherParams(_ key: String) -> String { #"{\#(others),"idempotencyKey":"\#(key)"}"# }
  }

  /// The keys that all of the calls need.
  static let algorithms = ["A256GCM", "RS256", "HS256"]

  static let calls: [Call] =
    [
      #""backend":"store""#, #""backend":"auto""#, #""backend":"jwt""#,
      #""backend":"jwt","seal":true,"oneTime":true"#, #""preset":"registration""#,
    ].map {
      let other = #""operationType":"form","data":{"n":2},\#($0)"#
      return Call("pending.create", #""operationType":"form","data":{"n":1},\#($0)"#, other: other)
    } + [
      Call("jwt.sign", #""claims":{"n":1},"subject":"u""#, other: #""claims":{"n":2}"#),
      Call("jwt.sign", #""claims":{"n":1},"seal":true"#, other: #""claims":{"n":1}"#),
      // A slow key, which signs on a thread of its own.
      Call("jwt.sign", #""claims":{"n":1},"keyId":"RS256""#, other: #""keyId":"RS256""#),
    ]

  /// A sidecar on one of the two stores.
  private struct Site {
    let redis: RedisServer?
    let keys: TokenKeys
    let daemon: Daemon
    let client: LineClient

    init(redis isRedis: Bool, _ options: [String] = []) throws {
      keys = try TokenKeys(copiesOf: SecretAnswerTests.algorithms)
      let options = ["--keys", keys.path] + options
      if isRedis {
        let server = try RedisServer()
        redis = server
        daemon = try RedisSidecar.start(server.socketPath, patience: "5s", options)
        client = try daemon.readyClient()
      } else {
        redis = nil
        daemon = try Daemon(options)
        client = try daemon.client()
      }
    }
  }

  static func target(_ token: String, _ more: String = "") -> String {
    #"{"token":"\#(token)","operationType":"form"\#(more)}"#
  }

  private static func create(
    _ client: LineClient, _ backend: String, _ more: String = ""
  ) throws -> String {
    let params = #"{"operationType":"form","data":{"n":1},"backend":"\#(backend)"\#(more)}"#
    return try #require(try client.call("pending.create", params)["token"] as? String)
  }

  @Test(
    "is answered with the first answer, to the byte, whatever has become of the token",
    arguments: [false, true], calls)
  func repeated(redis: Bool, call: Call) throws {
    let site = try Site(redis: redis)
    let client = site.client
    let first = try client.call(call.method, call.params("k"))
    let token = try #require(first["token"] as? String, "\(first)")
    #expect(try client.call(call.method, call.params("k")).text == first.text)
    if call.method == "jwt.sign" {
      #expect(try client.call("jwt.verify", #"{"token":"\#(token)"}"#)["claims", "n"] as? Int == 1)
      _ = try client.call("jwt.revoke", #"{"token":"\#(token)"}"#)
      let verified = try client.call("jwt.verify", #"{"token":"\#(token)"}"#)
      #expect(verified.reason == "TOKEN_REVOKED")
    } else {
      let used = try client.call("pending.consume", Self.target(token))
      #expect(used["data", "n"] as? Int == 1)
      #expect(used["id"] as? String == first["id"] as? String)
      #expect(try client.call("pending.consume", Self.target(token)).reason == "CONSUMED")
      #expect(try client.metrics().sum("pending_operations_total") == 2)
    }
    for _ in 0..<2 {
      #expect(try client.call(call.method, call.params("k")).text == first.text)
    }
    #expect(
      try client.call(call.method, call.otherParams("k")).reason == "IDEMPOTENCY_MISMATCH")
    // Another key is another call, and so is none.
    let other = try client.call(call.method, call.params("l"))["token"] as? String
    let without = try client.call(call.method, "{\(call.members)}")["token"] as? String
    #expect(other != nil && without != nil && Set([token, other, without]).count == 3)
  }

  @Test("is answered as the first time when its operation has expired", arguments: [false, true])
  func expired(redis: Bool) throws {
    let site = try Site(redis: redis)
    for backend in ["store", "jwt"] {
      let params =
        #"{"operationType":"form","data":1,"backend":"\#(backend)","expiresIn":"30ms","idempotencyKey":"\#(backend)"}"#
      let first = try site.client.call("pending.create", params)
      let token = try #require(first["token"] as? String)
      let isOver = try eventually {
        try site.client.call("pending.verify", Self.target(token)).reason == "EXPIRED"
      }
      #expect(isOver)
      #expect(try site.client.call("pending.create", params).text == first.text)
    }
  }

  @Test("reissues a token once, and tells it again", arguments: [false, true])
  func reissue(redis: Bool) throws {
    let site = try Site(redis: redis)
    let client = site.client
    for change in [#""data":{"n":2}"#, #""patch":{"n":2},"ttl":"reset""#] {
      let token = try Self.create(client, "jwt")
      let key = #","reissue":true,"idempotencyKey":"\#(token.suffix(20))""#
      let params = Self.target(token, ",\(change)\(key)")
      let first = try client.call("pending.update", params)
      let new = try #require(first["token"] as? String, "\(first)")
      #expect(try client.call("pending.verify", Self.target(token)).reason == "CONSUMED")
      #expect(try client.call("pending.update", params).text == first.text)
      #expect(try client.call("pending.consume", Self.target(new))["data", "n"] as? Int == 2)
      #expect(try client.call("pending.update", params).text == first.text)
      let other = try client.call("pending.update", Self.target(token, #","data":3\#(key)"#))
      #expect(other.reason == "IDEMPOTENCY_MISMATCH")
      // Without its key the call is a new one.
      let again = try client.call(
        "pending.update", Self.target(token, #",\#(change),"reissue":true"#))
      #expect(again.reason == "CONSUMED")
    }
    #expect(
      try client.metrics().sum("pending_operations_total", ["event": "updated"]) == 2)
  }

  @Test("patches once, and answers so when the operation has ended", arguments: [false, true])
  func patch(redis: Bool) throws {
    let site = try Site(redis: redis)
    let client = site.client
    let token = try Self.create(client, "store")
    let etag = try #require(
      try client.call("pending.verify", Self.target(token))["etag"] as? String)
    let calls = [
      // The first one's own change makes its condition fail ever after.
      Self.target(token, #","patch":{"m":1},"ifMatch":"\#(etag)","idempotencyKey":"1""#),
      Self.target(token, #","patch":{"m":2},"idempotencyKey":"2""#),
      Self.target(token, #","data":{"m":3},"idempotencyKey":"3""#),
    ]
    let first = try calls.map { try client.call("pending.update", $0) }
    for answer in first { #expect(answer["etag"] is String, "\(answer)") }
    func expectSame(_ place: SourceLocation = #_sourceLocation) throws {
      for (params, answer) in zip(calls, first) {
        #expect(
          try client.call("pending.update", params).text == answer.text, sourceLocation: place)
      }
    }
    try expectSame()
    #expect(try client.call("pending.consume", Self.target(token))["data", "m"] as? Int == 3)
    try expectSame()
    let other = Self.target(token, #","patch":{"m":9},"idempotencyKey":"2""#)
    #expect(try client.call("pending.update", other).reason == "IDEMPOTENCY_MISMATCH")
    let new = Self.target(token, #","patch":{"m":9},"idempotencyKey":"4""#)
    #expect(try client.call("pending.update", new).reason == "CONSUMED")
  }

  @Test(
    "answers again that it was the one to revoke a token that has expired since",
    arguments: [false, true])
  func revocation(redis: Bool) throws {
    let site = try Site(redis: redis, ["--set", "tokens.leeway=1ms"])
    let client = site.client
    let tokens = try ["HS256", "RS256"].map { key in
      let signed = try client.call("jwt.sign", #"{"expiresIn":"2s","keyId":"\#(key)"}"#)
      return try #require(signed["token"] as? String)
    }
    func revoke(_ token: String, _ key: String) throws -> Bool? {
      let params = #"{"token":"\#(token)","idempotencyKey":"\#(key) \#(token.suffix(20))"}"#
      return try client.call("jwt.revoke", params)["revoked"] as? Bool
    }
    for token in tokens { #expect(try revoke(token, "first") == true) }
    for token in tokens {
      let isOver = try eventually {
        try client.call("jwt.revoke", #"{"token":"\#(token)"}"#)["revoked"] as? Bool == false
      }
      #expect(isOver)
      #expect(try revoke(token, "first") == true)
      #expect(try revoke(token, "late") == false)
    }
  }

  @Test("gets the same token for all of fifty that race", arguments: [false, true], calls)
  func race(redis: Bool, call: Call) throws {
    let site = try Site(redis: redis)
    let clients = try (0..<50).map { _ in try site.daemon.client() }
    for client in clients { try client.send(LineClient.request(call.method, call.params("k"))) }
    let answers = try clients.map { try $0.readLine() }
    #expect(Set(answers).count == 1)
    #expect(Answer(answers[0])["token"] is String, "\(answers[0])")
    if call.method == "pending.create" {
      #expect(try site.client.metrics().sum("pending_operations_total") == 1)
    }
  }

  @Test("that is refused is no call that was made: it can be made again", arguments: [false, true])
  func refused(redis: Bool) throws {
    let site = try Site(redis: redis, ["--set", "limits.tokenBytes=2000"])
    let long = String(repeating: "a", count: 3000)
    let large =
      #"{"operationType":"form","data":"\#(long)","backend":"jwt","idempotencyKey":"k"}"#
    #expect(try site.client.call("pending.create", large).reason == "TOO_LARGE")
    let small = #"{"operationType":"form","data":1,"backend":"jwt","idempotencyKey":"k"}"#
    #expect(try site.client.call("pending.create", small)["token"] is String)
    let unknown = #"{"keyId":"none","idempotencyKey":"s"}"#
    #expect(try site.client.call("jwt.sign", unknown).reason == "INVALID_PARAMS")
  }
}
