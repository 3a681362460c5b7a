import CloakroomCore
import Testing

@Suite("The time between two calls at a rate", .timeLimit(.minutes(1)))
struct RateIntervalTests {
  /// Calls a second, and the nanoseconds from one to the next: rounded up, as else there would be more
  /// of them in a second than the rate says.
  static let rates: [(perSecond: Int, interval: UInt64)] = [
    (1, 1_000_000_000), (2, 500_000_000), (3, 333_333_334), (6, 166_666_667), (7, 142_857_143),
    (1000, 1_000_000), (999_999, 1001), (1_000_000_000, 1),
  ]

  @Test("is rounded up to whole nanoseconds", arguments: rates)
  func interval(perSecond: Int, interval: UInt64) {
    let gate = RateGate(.init(perSecond: perSecond, burst: 1))
    #expect(gate.pass(at: 1000) == nil)
    #expect(gate.pass(at: 1000) == interval)
    #expect(gate.pass(at: 1000 + interval - 1) == 1)
    #expect(gate.pass(at: 1000 + interval) == nil)
  }
}
