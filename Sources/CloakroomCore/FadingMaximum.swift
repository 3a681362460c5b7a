/// The greatest value of late. What was seen fades by half in each half-life: with time, and not with how often
/// something is seen, so that nobody can make it forget by showing many small values.
public struct FadingMaximum: Sendable {
  private let halfLife: UInt64
  private var greatest = 0
  /// When that was so, in the caller's time.
  private var asOf: UInt64 = 0

  /// Nothing was seen yet.
  ///
  /// - Parameter halfLife: in nanoseconds.
  public init(halfLife: UInt64) { self.halfLife = max(halfLife, 1) }

  /// The greatest of late, as far as it is remembered.
  ///
  /// - Parameter now: nanoseconds of a clock that never goes back.
  public func value(now: UInt64) -> Int { greatest >> Int(min(halvings(now), 62)) }

  /// Takes note of a value.
  public mutating func see(_ value: Int, now: UInt64) {
    let halvings = halvings(now)
    greatest >>= Int(min(halvings, 62))
    // What is left of a half-life counts on.
    asOf += halvings * halfLife
    guard value >= greatest else { return }
    greatest = value
    asOf = max(asOf, now)
  }

  private func halvings(_ now: UInt64) -> UInt64 { now > asOf ? (now - asOf) / halfLife : 0 }
}
