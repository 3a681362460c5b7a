internal import Support
internal import Testing

/// Sidecars of one store, and what callers of `idempotency.*` do with them.
struct GuardStage {
  /// Where guards are.
  enum Place: String, CaseIterable, CustomTestStringConvertible {
    case memory = "in memory"
    case redis = "in Redis, over two sidecars"
    var testDescription: String { rawValue }
  }

  let redis: RedisServer?
  let daemons: [Daemon]

  init(
    _ place: Place, sidecars: Int = 2, loops: Int = 2, patience: String = "20s"
  ) throws {
    switch place {
    case .memory:
      redis = nil
      daemons = [try Daemon(["--loops", "\(loops)"])]
    case .redis:
      let redis = try RedisServer()
      let path = redis.socketPath
      self.redis = redis
      daemons = try (0..<sidecars).map { _ in try RedisSidecar.start(path, patience: patience) }
    }
  }

  /// So many connections, dealt out to the sidecars.
  func clients(_ count: Int) throws -> [LineClient] {
    try (0..<count).map { try daemons[$0 % daemons.count].readyClient() }
  }
}

extension LineClient {
  /// Calls `idempotency.begin` on a key.
  func begin(_ key: String, _ more: String = "") throws -> Answer {
    try call("idempotency.begin", #"{"key":"\#(key)"\#(more)}"#)
  }

  /// Begins, and expects to have the lock.
  func beginNew(
    _ key: String, _ more: String = "", attempt: Int = 1,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let answer = try begin(key, more)
    #expect(answer["status"] as? String == "new", "\(answer)", sourceLocation: sourceLocation)
    #expect(answer["attempt"] as? Int == attempt, sourceLocation: sourceLocation)
    return try #require(answer["receipt"] as? String, sourceLocation: sourceLocation)
  }

  /// Calls another method of `idempotency.*` with a receipt.
  func hand(_ method: String, _ key: String, _ receipt: String, _ more: String = "") throws
    -> Answer
  {
    try call("idempotency.\(method)", #"{"key":"\#(key)","receipt":"\#(receipt)"\#(more)}"#)
  }

  /// Completes, and expects that the result was kept.
  func complete(
    _ key: String, _ receipt: String, _ result: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let answer = try hand("complete", key, receipt, #","result":\#(result)"#)
    #expect(answer["status"] as? String == "completed", "\(answer)", sourceLocation: sourceLocation)
  }

  /// Sends a begin that waits, and returns when it is sure to wait or to be answered.
  func sendWaiting(_ key: String, _ more: String = "", waitMs: Int = 60_000) throws {
    try send(Self.request("idempotency.begin", #"{"key":"\#(key)","waitMs":\#(waitMs)\#(more)}"#))
    // The first question is asked before the step behind it.
    try send(Self.request("kv.exists", #"{"key":"-"}"#, id: 2))
    #expect(Answer(try readLine()).id == 2)
  }
}
