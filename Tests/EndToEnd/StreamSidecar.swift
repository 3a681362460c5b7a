internal import Support

/// A sidecar in front of a store of either kind.
struct StreamSidecar {
  let redis: RedisServer?
  let daemon: Daemon

  /// Starts one.
  ///
  /// - Parameters:
  ///   - store: "memory" or "redis".
  ///   - options: what else is on its command line.
  init(_ store: String, loops: Int = 2, _ options: [String] = []) throws {
    redis = store == "redis" ? try RedisServer() : nil
    daemon =
      try redis.map {
        try RedisSidecar.start($0.socketPath, patience: "5s", loops: loops, options)
      } ?? Daemon(["--loops", "\(loops)"] + options)
  }

  /// A connection that finds the store there.
  func client() throws -> LineClient { try daemon.readyClient() }

  /// Waits until so many calls are under way, beside that which asks; false when that doesn't come.
  func waits(for calls: Double, _ client: LineClient) throws -> Bool {
    try eventually(within: .seconds(20)) { try client.metrics().sum("calls_in_flight") > calls }
  }
}
