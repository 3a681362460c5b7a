/// Counts of durations by bucket and their sum, for several kinds of duration in one flat array.
struct Histograms: Sendable {
  /// A row's buckets, followed by the sum of its durations in nanoseconds.
  private static let width = 20

  private var slots: [UInt64]

  init(rows: Int) {
    slots = [UInt64](repeating: 0, count: rows * Self.width)
  }

  /// Counts a duration in the bucket that it belongs to.
  ///
  /// The sum wraps, after 584 years of waiting; Prometheus takes a counter that starts again for a
  /// restart.
  @inline(__always)
  mutating func count(_ nanoseconds: UInt64, in bucket: Int, row: Int) {
    let first = row * Self.width
    // One look whether the array is shared with a snapshot, for both counts.
    var slots = slots.mutableSpan
    slots[first + bucket] &+= 1
    slots[first + DurationBuckets.count] &+= nanoseconds
  }

  /// A row's counts by bucket, not cumulative, the unbounded bucket last.
  func buckets(row: Int) -> ArraySlice<UInt64> {
    slots[row * Self.width..<row * Self.width + DurationBuckets.count]
  }

  /// The sum of a row's durations in nanoseconds.
  func sum(row: Int) -> UInt64 {
    slots[row * Self.width + DurationBuckets.count]
  }

  /// Adds the counts of as many rows.
  mutating func add(_ other: Self) {
    slots.add(other.slots)
  }
}
