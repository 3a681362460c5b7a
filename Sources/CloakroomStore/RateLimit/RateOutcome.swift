public import CloakroomCore

/// What became of taking one limit.
public struct RateOutcome: Sendable, Hashable {
  /// Whether it was taken.
  public let isTaken: Bool
  /// When that was decided, in microseconds by the store's clock.
  public let atMicroseconds: Int64
  /// How far ahead the TAT is now: what was taken counts.
  public let ahead: RateSpan

  /// Describes an outcome.
  public init(isTaken: Bool, atMicroseconds: Int64, ahead: RateSpan) {
    self.isTaken = isTaken
    self.atMicroseconds = atMicroseconds
    self.ahead = ahead
  }
}
