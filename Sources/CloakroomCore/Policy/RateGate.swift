internal import Synchronization

/// Lets so many calls a second through, with a burst, whichever loop they come on.
///
/// The generic cell rate algorithm (ITU-T I.371, "GCRA"): all there is to remember is when the next
/// call would be on time, so that one compare-and-exchange decides and a refused call changes
/// nothing for others.
public final class RateGate: Sendable {
  /// Nanoseconds from one call to the next at the sustained rate.
  private let interval: UInt64
  /// How far ahead of time calls may come, in nanoseconds.
  private let tolerance: UInt64
  /// When the next call would be on time, in nanoseconds of the caller's clock.
  private let theoreticalArrival = Atomic<UInt64>(0)

  /// A gate with a rate.
  public init(_ rate: ServicePolicy.Rate) {
    // Rounded up, so that it is never more calls than the rate says.
    interval = 1 + 999_999_999 / UInt64(clamping: max(rate.perSecond, 1))
    let (product, overflow) = interval.multipliedReportingOverflow(
      by: UInt64(clamping: rate.burst - 1))
    tolerance = overflow ? UInt64.max / 4 : product
  }

  /// Lets a call through, or says how long it is too early.
  ///
  /// - Parameter now: nanoseconds of a clock that never goes back, well below 2^62.
  /// - Returns: nil when it may pass, else the nanoseconds to wait.
  public func pass(at now: UInt64) -> UInt64? {
    var expected = theoreticalArrival.load(ordering: .relaxed)
    while true {
      let due = max(expected, now)
      guard due - now <= tolerance else { return due - now - tolerance }
      let (exchanged, original) = theoreticalArrival.compareExchange(
        expected: expected, desired: due &+ interval, ordering: .relaxed)
      if exchanged { return nil }
      expected = original
    }
  }
}
