extension Configuration {
  /// What helps in development and is not for production.
  public struct Development: Sendable, Equatable {
    /// Whether `dev.scan` may be called, which lists the caller's keys.
    public var scan = false

    /// The defaults.
    public init() {}
  }
}
