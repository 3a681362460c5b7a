/// The buckets that durations are counted in: 25 µs to 10 s, three or so to the decade.
///
/// A bucket takes what is as long as its bound or shorter, as Prometheus' `le` says; one more, the
/// last, takes what is longer than every bound.
enum DurationBuckets {
  /// The upper bounds in nanoseconds, ascending.
  static let bounds: [UInt64] = [
    25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
    100_000_000, 250_000_000, 500_000_000,
    1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
  ]

  /// The same bounds in seconds, as the text writes them.
  static let labels = [
    "2.5e-05", "5e-05", "0.0001", "0.00025", "0.0005",
    "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05",
    "0.1", "0.25", "0.5",
    "1", "2.5", "5", "10",
  ]

  /// How many buckets there are, the unbounded one included.
  static let count = 19

  /// The bucket of a duration.
  ///
  /// The ladder is spelled out because a sidecar's calls end in the first rungs: no array is
  /// loaded, and no bound is checked.
  @inline(__always)
  static func index(nanoseconds: UInt64) -> Int {
    if nanoseconds <= 25_000 { return 0 }
    if nanoseconds <= 50_000 { return 1 }
    if nanoseconds <= 100_000 { return 2 }
    if nanoseconds <= 250_000 { return 3 }
    if nanoseconds <= 500_000 { return 4 }
    for index in 5..<bounds.count where nanoseconds <= bounds[index] {
      return index
    }
    return bounds.count
  }
}
