/// What a rate limit is to do, as a bucket that fills up: another algorithm than the sidecar's, in exact fractions.
///
/// The level is counted in parts of one of which there are as many as the window has microseconds, so that a
/// microsecond brings `limit` parts.
public struct LeakyModel {
  private let limit: Int128
  private let window: Int128
  private let capacity: Int128
  private var level: Int128
  private var time: Int128

  /// A bucket that is full.
  public init(limit: Int64, windowMicroseconds: Int64, burst: Int64, at time: Int64) {
    self.limit = Int128(limit)
    window = Int128(windowMicroseconds)
    capacity = Int128(burst) * window
    level = capacity
    self.time = Int128(time)
  }

  /// Lets time go on.
  public mutating func advance(to now: Int64) {
    level = min(capacity, level + (Int128(now) - time) * limit)
    time = Int128(now)
  }

  /// Takes so many, or none.
  public mutating func take(_ cost: Int64) -> Bool {
    guard level >= Int128(cost) * window else { return false }
    level -= Int128(cost) * window
    return true
  }

  /// How many are left.
  public var remaining: Int64 { Int64(level / window) }

  /// How long until so many can be taken, in milliseconds, rounded up.
  public func waitMs(for cost: Int64) -> Int64 { milliseconds(Int128(cost) * window - level) }

  /// How long until it is full, in milliseconds, rounded up.
  public var resetMs: Int64 { milliseconds(capacity - level) }

  private func milliseconds(_ missing: Int128) -> Int64 {
    missing <= 0 ? 0 : Int64((missing + limit * 1000 - 1) / (limit * 1000))
  }
}
