internal import Glibc

/// A range of durations that are counted as one: each reaches a tenth further than the one before, so that
/// what is told of it is right within 5 %.
package struct DurationBucket: Sendable, Hashable, Comparable {
  /// How many there are beside the first, which is all up to 1 ms; the last reaches past 80 years.
  package static let last = 300
  private static let ratio = 1.1

  /// Its place, from 0.
  package let number: Int

  /// The bucket of a duration in milliseconds.
  package init(ms: Int64) {
    number = ms <= 1 ? 0 : min(Self.last, Int(log(Double(ms)) / log(Self.ratio) + 1 - 1e-9))
  }

  /// A bucket by its place; nil where there is none.
  package init?(number: Int) {
    guard (0...Self.last).contains(number) else { return nil }
    self.number = number
  }

  /// What stands for its durations: their geometric middle, in milliseconds.
  package var middleMs: Int64 {
    number == 0 ? 1 : Int64(pow(Self.ratio, Double(number) - 0.5).rounded())
  }

  package static func < (left: Self, right: Self) -> Bool { left.number < right.number }

  /// The bucket below which a part of what was counted lies.
  ///
  /// - Parameter part: which, of 0...1: a half for the median.
  package static func quantile(_ part: Double, of counts: [DurationBucket: Int64])
    -> DurationBucket?
  {
    let total = counts.values.reduce(0, &+)
    guard total > 0 else { return nil }
    let rank = max(1, Int64((Double(total) * part).rounded(.up)))
    var passed: Int64 = 0
    for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) {
      passed &+= count
      if passed >= rank { return bucket }
    }
    return nil
  }
}
