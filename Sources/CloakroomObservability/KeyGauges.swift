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
