import Support
import Testing

@Suite("A call on a pending operation that is repeated with its key", .timeLimit(.minutes(2)))
struct PendingRepetitionTests {
  /// Two sidecars of one Redis, or one with its data in memory; and a connection to each.
  private struct Stage {
    let redis: RedisServer?
    let keys: TokenKeys
    let daemons: [Daemon]
    let clients: [LineClient]

    init(hasRedis: Bool, clients count: Int = 2) throws {
      let redis = hasRedis ? try RedisServer() : nil
      let keys = try TokenKeys(copiesOf: ["HS256"])
      let options = ["--keys", keys.path]
      let daemons =
        try redis.map { redis in
          try (0..<2).map { _ in try RedisSidecar.start(redis.socketPath, options) }
        } ?? [try Daemon(options + ["--loops", "2"])]
      self.redis = redis
      self.keys = keys
      self.daemons = daemons
      clients = try (0..<count).map { try daemons[$0 % daemons.count].readyClient() }
    }

    /// How many operations were counted as something.
    func count(_ event: String) throws -> Int {
      try daemons.reduce(0) {
        $0
          + Int(try $1.client().metrics().sum("pending_operations_total", ["event": event]))
      }
    }

    /// Makes a call by each of the clients in turn, and expects the same answer.
    @discardableResult
    func repeated(
      _ method: String, _ params: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Answer {
      let answers = try clients.map { try $0.call(method, params) }
      let texts = Set(answers.map(\.text))
      #expect(texts.count == 1, "\(texts)", sourceLocation: sourceLocation)
      return answers[0]
    }

    /// The token and the id of a new operation.
    func create(_ more: String = "") throws -> (token: String, id: String) {
      let answer = try clients[0].call(
        "pending.create", #"{"operationType":"form","data":{"n":1},"backend":"store"\#(more)}"#)
      return (
        try #require(answer["token"] as? String, "\(answer)"), try #require(answer["id"] as? String)
      )
    }

    /// How many operations Redis has, or has tombstones of.
    func operations() throws -> Int? {
      try redis?.command(["--scan", "--pattern", "*:pending:*"]).split(separator: "\n")
        .count { !$0.contains("$") && !$0.contains(":idempotency:") }
    }
  }

  private static func target(_ token: String, _ more: String = "") -> String {
    #"{"token":"\#(token)","operationType":"form"\#(more)}"#
  }

  private static let key = #","idempotencyKey":"k""#

  @Test("makes one operation with one token, also after that was used", arguments: [true, false])
  func creation(hasRedis: Bool) throws {
    let stage = try Stage(hasRedis: hasRedis)
    let create =
      #"{"operationType":"form","data":{"n":1},"backend":"store","idempotencyKey":"create"}"#
    let first = try stage.repeated("pending.create", create)
    let token = try #require(first["token"] as? String, "\(first)")
    let client = try #require(stage.clients.last)
    let update = Self.target(token, #","data":{"n":2}"#)
    #expect(try client.call("pending.update", update).reason == nil)
    #expect(try stage.repeated("pending.create", create).text == first.text)
    let consumed = try client.call("pending.consume", Self.target(token))
    #expect(consumed["data", "n"] as? Int == 2)
    #expect(try stage.repeated("pending.create", create).text == first.text)
    // The repetition has made nothing.
    #expect(try stage.repeated("pending.consume", Self.target(token)).reason == "CONSUMED")
    let other = try stage.repeated("pending.create", create.replacing("1", with: "2"))
    #expect(other.reason == "IDEMPOTENCY_MISMATCH")
    #expect(try stage.count("created_store") == 1)
    if let operations = try stage.operations() { #expect(operations == 1) }
  }

  @Test("makes one operation when many are at it at once", arguments: [true, false])
  func racingCreations(hasRedis: Bool) throws {
    let stage = try Stage(hasRedis: hasRedis, clients: 20)
    for round in 1...10 {
      let params =
        #"{"operationType":"form","data":1,"backend":"store","idempotencyKey":"k\#(round)"}"#
      let calls = stage.clients.map { _ in [(method: "pending.create", params: params)] }
      let answers = try ConcurrentCalls(stage.clients).run(calls).joined().compactMap(\.answer)
      #expect(Set(answers.compactMap { $0["token"] as? String }).count == 1)
      let failures = answers.compactMap(\.reason)
      #expect(failures.allSatisfy { $0 == "IDEMPOTENCY_IN_PROGRESS" }, "\(Set(failures))")
      if let operations = try stage.operations() { #expect(operations == round) }
      #expect(try stage.count("created_store") == round)
    }
  }

  @Test("consumes, changes and leases once, whatever has happened since", arguments: [true, false])
  func changes(hasRedis: Bool) throws {
    let stage = try Stage(hasRedis: hasRedis)
    let client = stage.clients[0]
    let (token, _) = try stage.create()
    let changes = [#","data":{"n":2}"#, #","patch":{"m":3}"#].enumerated().map { number, change in
      Self.target(token, change + #","idempotencyKey":"u\#(number)""#)
    }
    let updated = try changes.map { try stage.repeated("pending.update", $0) }
    #expect(updated.allSatisfy { $0["etag"] is String })
    #expect(
      try client.call("pending.update", Self.target(token, #","data":{"n":9}"#)).reason == nil)
    for (change, first) in zip(changes, updated) {
      #expect(try stage.repeated("pending.update", change).text == first.text)
    }
    let read = try client.call("pending.verify", Self.target(token))
    #expect(read["data", "n"] as? Int == 9 && read["data", "m"] == nil, "\(read)")

    let checkout = Self.target(token, #","idempotencyKey":"c","leaseTtl":"1h""#)
    let lease = try stage.repeated("pending.checkout", checkout)
    let receipt = try #require(lease["receipt"] as? String, "\(lease)")
    #expect(lease["attempt"] as? Int == 1)
    let release = Self.target(token, #","receipt":"\#(receipt)","idempotencyKey":"r""#)
    let released = try stage.repeated("pending.release", release)
    #expect(released["attempts"] as? Int == 1)
    #expect(try stage.repeated("pending.checkout", checkout).text == lease.text)
    // It is not leased again by that.
    let consume = Self.target(token, #","idempotencyKey":"e""#)
    let consumed = try stage.repeated("pending.consume", consume)
    #expect(consumed["data", "n"] as? Int == 9)
    #expect(try stage.repeated("pending.release", release).text == released.text)
    #expect(try client.call("pending.consume", Self.target(token)).reason == "CONSUMED")
  }

  /// What has a call refused, and what has it accepted, or refused for another reason, later.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let method: String
    var more = ""
    let reason: String
    var before: [String] = []
    let after: [String]

    var testDescription: String { "\(method)\(more), \(reason)" }
  }

  private static let stale = #","ifMatch":"0000000000000000000000000000000000000000""#

  static let refusals = [
    Refusal(
      method: "pending.update", more: #","data":2"# + stale, reason: "CONFLICT",
      after: ["pending.consume"]),
    Refusal(
      method: "pending.update", more: #","patch":{"n":2}"# + stale, reason: "CONFLICT",
      after: ["pending.consume"]),
    Refusal(
      method: "pending.update", more: #","data":2"# + stale, reason: "CONFLICT",
      after: ["pending.checkout"]),
    Refusal(
      method: "pending.update", more: #","patch":{"n":2}"# + stale, reason: "CONFLICT",
      after: ["pending.checkout"]),
    Refusal(
      method: "pending.commit", more: #","receipt":"RECEIPT""#, reason: "LEASE_LOST",
      before: ["pending.checkout", "pending.release"], after: ["pending.consume"]),
    Refusal(
      method: "pending.release", more: #","receipt":"RECEIPT""#, reason: "LEASE_LOST",
      before: ["pending.checkout", "pending.release"], after: ["pending.consume"]),
    Refusal(
      method: "pending.consume", reason: "CONFLICT",
      before: ["pending.checkout", "pending.release"] + ["pending.checkout", "pending.release"],
      after: ["pending.reopen"]),
    Refusal(
      method: "pending.checkout", reason: "CONFLICT",
      before: ["pending.checkout", "pending.release"] + ["pending.checkout", "pending.release"],
      after: ["pending.reopen"]),
    Refusal(
      method: "pending.update", more: #","data":2"#, reason: "CONFLICT",
      before: ["pending.checkout", "pending.release"] + ["pending.checkout", "pending.release"],
      after: ["pending.reopen"]),
    Refusal(
      method: "pending.update", more: #","patch":{"n":2}"#, reason: "CONFLICT",
      before: ["pending.checkout", "pending.release"] + ["pending.checkout", "pending.release"],
      after: ["pending.reopen"]),
  ]

  @Test(
    "is refused again as it was, though it would be accepted by now",
    arguments: [true, false], refusals)
  func refusal(hasRedis: Bool, _ test: Refusal) throws {
    let stage = try Stage(hasRedis: hasRedis)
    let (token, id) = try stage.create(#","maxAttempts":2"#)
    var receipt = ""
    func take(_ steps: [String]) throws {
      for step in steps {
        let params =
          step == "pending.reopen"
          ? #"{"id":"\#(id)"}"#
          : Self.target(
            token, step == "pending.release" ? #","receipt":"\#(receipt)""# : "")
        let answer = try stage.clients[0].call(step, params)
        #expect(answer.reason == nil, "\(step): \(answer)")
        receipt = answer["receipt"] as? String ?? receipt
      }
    }
    try take(test.before)
    let call = Self.target(token, test.more.replacing("RECEIPT", with: receipt) + Self.key)
    let first = try stage.repeated(test.method, call)
    #expect(first.reason == test.reason, "\(first)")
    try take(test.after)
    #expect(try stage.repeated(test.method, call).text == first.text)
    let exists = try stage.clients[0].call("pending.exists", Self.target(token))
    let isThere = test.after != ["pending.consume"]
    #expect(exists["exists"] as? Bool == isThere)
  }
}
