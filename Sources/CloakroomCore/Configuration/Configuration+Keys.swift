extension Configuration {
  /// How keys are named, and how long they live when a call doesn't say.
  public struct Keys: Sendable, Equatable {
    /// What every key in the store begins with; a `:` follows it. It may hold `:` itself.
    public var prefix = "cloakroom"
    /// How long a value of `kv`, `batch`, `counter` or `streams` lives when the call has no `ttl`:
    /// 24 hours.
    public var defaultTTL = TimeToLive.day
    /// Whether `"ttl": null` is allowed, which keeps a value until it is removed.
    public var allowForever = false

    /// The defaults.
    public init() {}
  }
}
