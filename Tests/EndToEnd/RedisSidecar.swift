internal import Support

/// A sidecar in front of a Redis, which it looks for again soon when that is gone.
enum RedisSidecar {
  /// Starts one.
  ///
  /// - Parameters:
  ///   - store: where Redis is, as a path or a URL.
  ///   - patience: how long connecting and a command may take, as the configuration writes it: longer
  ///     than on a busy machine, or a test's own if it is about that time.
  ///   - options: what else is on its command line.
  static func start(
    _ store: String, patience: String = "10s", loops: Int = 1, _ options: [String] = []
  ) throws -> Daemon {
    let settings = [
      "store.commandTimeout=\(patience)", "store.connectTimeout=\(patience)",
      "store.reconnectMin=2ms", "store.reconnectMax=20ms",
    ]
    return try Daemon(
      ["--redis", store.hasPrefix("/") ? "unix://\(store)" : store, "--loops", "\(loops)"]
        + settings.flatMap { ["--set", $0] } + options)
  }
}

extension Daemon {
  /// A connection that finds Redis there.
  func readyClient() throws -> LineClient {
    let client = try client()
    try client.waitForStore()
    return client
  }
}

extension LineClient {
  /// Waits until the store answers this connection's loop; a test fails when it doesn't.
  @discardableResult
  func waitForStore(within patience: Duration = .seconds(20)) throws -> Bool {
    try eventually("the store", within: patience) {
      try call("kv.exists", #"{"key":"-"}"#).result != nil
    }
  }

  /// Sends all requests at once and answers with all replies, by id.
  func pipeline(_ requests: [(method: String, params: String)]) throws -> [Int: Answer] {
    try sendAll(requests)
    return try readAll(requests.count)
  }

  /// Sends all requests at once; their ids count from 0.
  func sendAll(_ requests: [(method: String, params: String)]) throws {
    try send(
      requests.enumerated().map { Self.request($1.method, $1.params, id: $0) }.joined())
  }

  /// So many replies, by id; a reply without an id, or with one that came before, is missing.
  func readAll(_ count: Int) throws -> [Int: Answer] {
    let answers = try readLines(count).map { Answer($0) }
    return Dictionary(answers.map { ($0.id ?? -1, $0) }, uniquingKeysWith: { first, _ in first })
  }
}
