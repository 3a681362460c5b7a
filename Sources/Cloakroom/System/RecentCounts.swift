/// What has happened in the last minute, from counts that only grow.
///
/// So that a fault that is over is not told for ever.
struct RecentCounts {
  /// What has been counted since the start.
  struct Totals {
    /// Calls that ended, whichever way.
    var calls: UInt64 = 0
    /// Calls that ended badly.
    var failures: UInt64 = 0
    /// Lines that the access log has lost.
    var lostLines: UInt64 = 0
  }

  /// How far back the past goes.
  private static let limit = Duration.seconds(60)
  /// How close together samples are kept.
  private static let spacing = Duration.seconds(5)

  private var samples: [(time: ContinuousClock.Instant, totals: Totals)]

  /// Nothing has been counted yet.
  init(since start: ContinuousClock.Instant) { samples = [(start, Totals())] }

  /// Notes what has been counted by now.
  mutating func add(_ totals: Totals, at now: ContinuousClock.Instant) {
    // The newest sample gives way to a newer one until it is old enough to stay.
    if samples.count > 1, now - samples[samples.count - 2].time < Self.spacing {
      samples.removeLast()
    }
    samples.append((now, totals))
    while samples.count > 2, now - samples[1].time >= Self.limit { samples.removeFirst() }
  }

  /// The share of calls that failed, 0 to 1.
  var errorRate: Double {
    let calls = growth(of: \.calls)
    return calls == 0 ? 0 : Double(growth(of: \.failures)) / Double(calls)
  }

  /// The time that it is the share of: about the last minute, or since the start.
  var span: Duration {
    guard let first = samples.first, let last = samples.last else { return .zero }
    return last.time - first.time
  }

  /// How many lines the access log has lost.
  var lostLines: UInt64 { growth(of: \.lostLines) }

  private func growth(of count: KeyPath<Totals, UInt64>) -> UInt64 {
    guard let first = samples.first, let last = samples.last else { return 0 }
    let (before, after) = (first.totals[keyPath: count], last.totals[keyPath: count])
    return after > before ? after - before : 0
  }
}
