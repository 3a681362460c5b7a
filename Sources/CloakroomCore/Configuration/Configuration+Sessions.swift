extension Configuration {
  /// Wizard sessions: how long they live, and how many may be made.
  public struct Session: Sendable, Equatable {
    /// How long a session lives whose flow and maker don't say: 24 hours.
    public var ttl = TimeToLive.day
    /// The longest time until the end of something is seen that no call meets: an hour.
    public var cleanupInterval = Duration.seconds(3600)
    /// How many sessions each service may make a minute.
    public var rateLimit = 100
    /// How many sessions may be made a minute for each address.
    public var maxAttempts = 5

    /// The defaults.
    public init() {}
  }

  /// Rate limits.
  public struct RateLimits: Sendable, Equatable {
    /// Limits by the names that calls may give in place of their numbers.
    public var policies: [ByteString: RateLimit] = [:]

    /// No policies.
    public init() {}
  }
}

extension Configuration {
  /// Flows that files define.
  public struct Flows: Sendable, Equatable {
    /// The folder whose `*.json` each define a flow; nil is none.
    public var folder: String?

    /// No flows.
    public init() {}
  }
}
