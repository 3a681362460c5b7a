internal import Support

/// A store that sidecars share, or one that a sidecar has for itself.
enum EventStore: CaseIterable {
  case memory
  case redis

  /// Starts a sidecar, and lends it; with Redis, a second one on the same store.
  func run(_ options: [String] = [], _ body: (Daemon, Daemon) throws -> Void) throws {
    switch self {
    case .memory:
      let daemon = try Daemon(["--loops", "2"] + options)
      try body(daemon, daemon)
    case .redis:
      let redis = try RedisServer()
      defer { redis.stop() }
      let daemons = try (0..<2).map { _ in
        try RedisSidecar.start(redis.socketPath, patience: "5s", loops: 2, options)
      }
      for daemon in daemons { _ = try daemon.readyClient() }
      try body(daemons[0], daemons[1])
    }
  }
}
