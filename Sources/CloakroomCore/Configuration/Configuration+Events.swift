extension Configuration {
  /// Events and their schemas.
  public struct Events: Sendable, Equatable {
    /// How long a channel's schema is kept after it was last defined or used.
    public var schemaTTL = TimeToLive.thirtyDays

    /// The defaults.
    public init() {}
  }
}
