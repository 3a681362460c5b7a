/// What is known of the keys for tokens when metrics are written; nothing of the keys themselves.
public struct KeyGauges: Sendable, Equatable {
  /// How many keys of one algorithm are in one state.
  public struct Count: Sendable, Equatable {
    /// What they may be used for, as `active`.
    public var state: String
    /// What they are for, as `HS256`.
    public var algorithm: String
    /// How many there are.
    public var count: Int

    /// Counts keys.
    public init(state: String, algorithm: String, count: Int) {
      self.state = state
      self.algorithm = algorithm
      self.count = count
    }
  }

  /// How many keys there are.
  public var counts: [Count]
  /// How reading them went.
  public var reload: ReloadGauges

  /// Describes keys.
  public init(counts: [Count], reload: ReloadGauges) {
    self.counts = counts
    self.reload = reload
  }
}

/// What is known, when metrics are written, of something that is read at the start and anew on SIGHUP.
public struct ReloadGauges: Sendable, Equatable {
  /// When what is in use was read, or made, in milliseconds since 1970 (UTC).
  public var loadedAtMs: Int64
  /// How often reading it anew has failed.
  public var failures: UInt64

  /// Describes how reading went.
  public init(loadedAtMs: Int64, failures: UInt64) {
    self.loadedAtMs = loadedAtMs
    self.failures = failures
  }
}
