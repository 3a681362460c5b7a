/// How the calls of the last minute went, from counts that only grow.
struct RecentCalls {
  private struct Sample {
    let time: ContinuousClock.Instant
    let calls: UInt64
    let failures: UInt64
  }

  /// How far back the past goes.
  private static let span = Duration.seconds(60)
  /// How close together samples are kept.
  private static let spacing = Duration.seconds(5)

  private var samples: [Sample] = []

  /// Notes what has been counted by now.
  mutating func add(calls: UInt64, failures: UInt64, at now: ContinuousClock.Instant) {
    let sample = Sample(time: now, calls: calls, failures: failures)
    // The newest sample gives way to a newer one until it is old enough to stay.
    if samples.count > 1, now - samples[samples.count - 2].time < Self.spacing {
      samples[samples.count - 1] = sample
    } else {
      samples.append(sample)
    }
    while samples.count > 2, now - samples[1].time >= Self.span { samples.removeFirst() }
  }

  /// The share of calls that failed, 0 to 1.
  var errorRate: Double {
    guard let first = samples.first, let last = samples.last, last.calls > first.calls else {
      return 0
    }
    return Double(last.failures - first.failures) / Double(last.calls - first.calls)
  }
}
