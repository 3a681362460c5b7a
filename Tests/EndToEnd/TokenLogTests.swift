import Support
import Testing

@Suite("The access log's lines about tokens", .timeLimit(.minutes(2)))
struct TokenLogTests {
  private let log: ObservationLog
  private let keys: TokenKeys

  init() throws {
    log = ObservationLog(in: try Folder())
    keys = try TokenKeys(["HS256", "ES384", "A256GCM"])
  }

  /// A sidecar that keeps the log. Its newest key signs when nothing else is said.
  private func start(slow: Bool = false, _ options: [String] = []) throws -> Daemon {
    if slow { try keys.run("retire", "HS256") } else { try keys.run("retire", "ES384") }
    return try Daemon(["--access-log", log.path, "--keys", keys.path] + options)
  }

  /// The keys that the log has for calls with these ids, in their order.
  private func keys(of ids: ClosedRange<Int>) -> [String?] {
    let entries = log.entries(ids: ids.map(String.init))
    return ids.map { entries["\($0)"]?["key"] as? String }
  }

  /// Whether all are one hash.
  private func expectOne(
    _ hashes: [String?], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let first = hashes.first ?? nil
    #expect(first?.count == 16, "\(hashes)", sourceLocation: sourceLocation)
    #expect(hashes.allSatisfy { $0 == first }, "\(hashes)", sourceLocation: sourceLocation)
  }

  @Test(
    "have one key for an operation from its creation to its end",
    arguments: [#""store""#, #""jwt""#, #""jwt","seal":true"#], [false, true])
  func operation(backend: String, isSlow: Bool) throws {
    let daemon = try start(slow: isSlow)
    let client = try daemon.client()
    func create(_ id: Int) throws -> String {
      let answer = try client.call(
        "pending.create", #"{"operationType":"form","data":1,"backend":\#(backend)}"#, id: id)
      return try #require(answer["token"] as? String)
    }
    let one = try create(1)
    func call(_ method: String, _ id: Int, _ more: String = "") throws -> Answer {
      try client.call(method, #"{"token":"\#(one)","operationType":"form"\#(more)}"#, id: id)
    }
    _ = try call("pending.verify", 2)
    _ = try call("pending.exists", 3)
    let receipt = try #require(try call("pending.checkout", 4)["receipt"] as? String)
    _ = try call("pending.release", 5, #","receipt":"\#(receipt)""#)
    #expect(try call("pending.consume", 6).reason == nil)
    #expect(try call("pending.consume", 7).reason == "CONSUMED")
    #expect(try call("pending.delete", 8)["deleted"] as? Bool == false)
    // One that is refused is still about that operation.
    let wrong = try client.call(
      "pending.verify", #"{"token":"\#(one)","operationType":"other"}"#, id: 9)
    #expect(wrong.reason == "WRONG_TYPE")
    _ = try create(10)
    expectOne(keys(of: 1...9))
    #expect(keys(of: 10...10) != keys(of: 1...1))
    #expect(!TextFile.read(log.path).contains(one))
  }

  @Test(
    "have one key for a token in every call on it, refused ones as well", arguments: [false, true])
  func token(isSlow: Bool) throws {
    let daemon = try start(slow: isSlow)
    let client = try daemon.client()
    let signed = try client.call("jwt.sign", #"{"purpose":"login"}"#, id: 1)
    let (token, id, end) = (
      try #require(signed["token"] as? String), try #require(signed["jti"] as? String),
      try #require(signed["expiresAt"] as? String)
    )
    func verify(_ id: Int, _ purpose: String) throws -> String? {
      try client.call("jwt.verify", #"{"token":"\#(token)","purpose":"\#(purpose)"}"#, id: id)
        .reason
    }
    #expect(try verify(2, "login") == nil)
    #expect(try verify(3, "reset") == "WRONG_TYPE")
    _ = try client.call("jwt.revoke", #"{"token":"\#(token)"}"#, id: 4)
    #expect(try verify(5, "login") == "TOKEN_REVOKED")
    _ = try client.call("jwt.revoke", #"{"jti":"\#(id)","expiresAt":"\#(end)"}"#, id: 6)
    _ = try client.call("jwt.sign", id: 7)
    #expect(
      try client.call("jwt.verify", #"{"token":"\#(token)A"}"#, id: 8).reason == "TOKEN_INVALID")
    expectOne(keys(of: 1...6))
    #expect(keys(of: 7...7) != keys(of: 1...1))
    // What nobody has signed has no name that could be believed.
    #expect(keys(of: 8...8) == [nil])
    #expect(!TextFile.read(log.path).contains(id))
  }

  @Test("have the same key for an operation's token in every method")
  func both() throws {
    let daemon = try start(["--set", "accessLog.keysInClear=true"])
    let client = try daemon.client()
    let created = try client.call(
      "pending.create", #"{"operationType":"form","data":1,"backend":"jwt"}"#, id: 1)
    let token = try #require(created["token"] as? String)
    #expect(
      try client.call("jwt.verify", #"{"token":"\#(token)"}"#, id: 2).reason == "WRONG_TYPE")
    #expect(
      try client.call("jwt.revoke", #"{"token":"\#(token)"}"#, id: 3).reason == "WRONG_TYPE")
    // Hashed whatever the setting says: these names open what is kept under them.
    expectOne(keys(of: 1...3))
  }

  @Test(
    "have the first call's key when it is repeated, and the calls on what it has made",
    arguments: [#""store""#, #""jwt""#, #""auto""#])
  func repeated(backend: String) throws {
    let daemon = try start()
    let client = try daemon.client()
    let params =
      #"{"operationType":"form","data":1,"backend":\#(backend),"idempotencyKey":"again"}"#
    let answers = try (1...3).map { try client.call("pending.create", params, id: $0) }
    let token = try #require(answers[0]["token"] as? String)
    #expect(answers.allSatisfy { $0["token"] as? String == token })
    _ = try client.call("pending.verify", #"{"token":"\#(token)","operationType":"form"}"#, id: 4)
    expectOne(keys(of: 1...4))
  }

  @Test("have the first token's key when its signing is repeated", arguments: [false, true])
  func repeatedSigning(isSlow: Bool) throws {
    let daemon = try start(slow: isSlow)
    let client = try daemon.client()
    let answers = try (1...3).map {
      try client.call("jwt.sign", #"{"idempotencyKey":"again"}"#, id: $0)
    }
    let token = try #require(answers[0]["token"] as? String)
    #expect(answers.allSatisfy { $0["token"] as? String == token })
    #expect(try client.call("jwt.verify", #"{"token":"\#(token)"}"#, id: 4).reason == nil)
    expectOne(keys(of: 1...4))
  }

  @Test("have an operation's key too where its data go into a token for want of a store")
  func fallback() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(
      redis.socketPath, ["--access-log", log.path, "--keys", keys.path])
    let client = try daemon.readyClient()
    redis.kill()
    let created = try client.call("pending.create", #"{"operationType":"form","data":1}"#, id: 101)
    let token = try #require(created["token"] as? String)
    #expect(created["backend"] as? String == "jwt")
    let params = #"{"token":"\#(token)","operationType":"form"}"#
    #expect(try client.call("pending.verify", params, id: 102)["checked"] as? Bool == false)
    expectOne(keys(of: 101...102))
  }
}
