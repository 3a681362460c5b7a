extension Configuration {
  /// The process itself: its threads and its end.
  public struct Runtime: Sendable, Equatable {
    /// Event loops, each a thread with its own connection to Redis. One does some hundred thousand
    /// calls a second, so two leave the processors to the applications that the sidecar is for.
    public var loops = 2
    /// How long calls that are under way may take to end when the sidecar is told to stop.
    public var drainTimeout = Duration.seconds(10)

    /// The defaults.
    public init() {}
  }
}
