extension RedisLink {
  /// What has happened on this link since it was made.
  public struct Counters: Sendable {
    /// Connections given up, or not come about, by `LossCause`.
    public var losses = [UInt64](repeating: 0, count: LossCause.allCases.count)
    /// Commands sent again after their connection was lost.
    public var resent: UInt64 = 0
    /// Commands refused because too much waited already.
    public var refused: UInt64 = 0

    /// Nothing has happened.
    public init() {}
  }
}
