/// A length of time as a rate limit counts it: whole microseconds, and so many parts of one more.
///
/// A limit of 7 a second lets one through every 142,857 1/7 µs. Parts are counted in sevenths there, so that
/// nothing is ever rounded, and a limit is neither more nor less than it says.
public struct RateSpan: Sendable, Hashable {
  /// No time at all.
  public static let zero = RateSpan(microseconds: 0, part: 0)

  /// The whole microseconds.
  public let microseconds: Int64
  /// The parts of one more microsecond, fewer than there are in one (`RateLimit.limit`).
  public let part: Int64

  /// A length of time.
  public init(microseconds: Int64, part: Int64) {
    self.microseconds = microseconds
    self.part = part
  }

  /// The milliseconds that it takes until it is over, rounded up.
  public var milliseconds: Int64 {
    let whole = microseconds &+ (part > 0 ? 1 : 0)
    return whole / 1000 &+ (whole % 1000 > 0 ? 1 : 0)
  }
}

extension RateSpan: Comparable {
  /// Orders spans of the same limit by their length.
  public static func < (left: Self, right: Self) -> Bool {
    (left.microseconds, left.part) < (right.microseconds, right.part)
  }
}
