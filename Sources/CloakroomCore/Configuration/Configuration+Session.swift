extension Configuration {
  /// Sessions' own limits.
  public struct Session: Sendable, Equatable {
    /// How long a session lives when its flow doesn't say: 24 hours.
    public var ttl = TimeToLive.day
    /// How often expired sessions are looked for, so that their expiry is logged and counted.
    public var cleanupInterval = Duration.seconds(3600)
    /// Sessions that one service may create in a minute.
    public var rateLimit = 100
    /// Sessions that one IP address may create in a minute.
    public var maxAttempts = 5

    /// The defaults.
    public init() {}
  }
}
