import Testing

@testable import Cloakroom

@Suite("What has happened in the last minute", .timeLimit(.minutes(1)))
struct RecentCountsTests {
  private let start = ContinuousClock.now

  /// What is known after counts that were noted at seconds since the start.
  private func counts(_ notes: [(at: Int, totals: RecentCounts.Totals)]) -> RecentCounts {
    var counts = RecentCounts(since: start)
    for note in notes { counts.add(note.totals, at: start + .seconds(note.at)) }
    return counts
  }

  @Test("is nothing at the start, and nothing when there were no calls")
  func nothing() {
    #expect(counts([]).errorRate == 0)
    #expect(counts([]).lostLines == 0)
    #expect(counts([(10, .init()), (20, .init())]).errorRate == 0)
  }

  @Test(
    "counts from a minute ago, and not from the start",
    arguments: [
      // Seconds after the loss, whether it is still told.
      (1, true), (30, true), (59, true), (65, false), (600, false),
    ])
  func fault(later: Int, isTold: Bool) {
    let bad = RecentCounts.Totals(calls: 100, failures: 50, lostLines: 7)
    let every10 = stride(from: 10, to: later, by: 10).map { (100 + $0, bad) }
    let recent = counts([(100, bad)] + every10 + [(100 + later, bad)])
    #expect(recent.lostLines == (isTold ? 7 : 0))
    #expect(recent.errorRate == (isTold ? 0.5 : 0))
  }

  @Test(
    "says over which time: since the start at first, then about a minute",
    arguments: [(0, 0), (1, 1), (30, 30), (59, 59), (600, 65)])
  func span(later: Int, atMost: Int) {
    let seconds = Array(stride(from: 1, to: later, by: 1)) + [later]
    let recent = counts(seconds.map { ($0, .init()) })
    #expect(recent.span <= .seconds(atMost))
    #expect(recent.span >= .seconds(min(later, 60)))
  }

  @Test("is as exact when somebody asks all the time")
  func often() {
    var recent = RecentCounts(since: start)
    for second in 0...300 {
      // One call a second, the last hundred of which fail.
      let failures = UInt64(max(0, second - 200))
      recent.add(
        .init(calls: UInt64(second), failures: failures), at: start + .seconds(second))
    }
    #expect(recent.errorRate == 1)
  }

  @Test("does not look back in time when a count is smaller than it was")
  func backwards() {
    let recent = counts([(1, .init(calls: 10, lostLines: 5)), (10, .init(calls: 4, lostLines: 2))])
    #expect(recent.lostLines == 2)
    #expect(recent.errorRate == 0)
  }
}
