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

extension TimeToLive {
  /// 24 hours.
  public static let day = Self.clamping(seconds: 86_400)
  /// 30 days.
  public static let thirtyDays = Self.clamping(seconds: 30 * 86_400)

  static func clamping(seconds: Int64) -> TimeToLive {
    // A constant within the limits can't fail; `longest` is what the compiler is told.
    (try? TimeToLive(seconds: seconds)) ?? .longest
  }
}
