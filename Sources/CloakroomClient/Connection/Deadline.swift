/// Until when to wait, as a point on a clock that never jumps.
public struct Deadline: Sendable {
  /// How much patience there was at first.
  public let patience: Duration
  private let end: ContinuousClock.Instant

  /// A deadline that much later than now.
  public init(in patience: Duration) {
    self.patience = patience
    end = .now.advanced(by: patience)
  }

  /// How long is left, for `poll`: whole milliseconds, at most a day, rounded up so that nobody
  /// spins through the last one; 0 when the time is up.
  var milliseconds: Int32 {
    let left = min(ContinuousClock.now.duration(to: end), .seconds(86_400))
    guard left > .zero else { return 0 }
    let (seconds, attoseconds) = left.components
    return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
  }
}
