extension Configuration {
  /// Calls that carry an idempotency key, to do nothing twice when they are repeated.
  public struct Idempotency: Sendable, Equatable {
    /// How long the answer to such a call is kept: 24 hours.
    public var ttl = TimeToLive.day

    /// The defaults.
    public init() {}
  }
}
