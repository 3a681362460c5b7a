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
