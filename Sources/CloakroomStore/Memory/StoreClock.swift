internal import Glibc

/// The clock that a store in this process decides by.
public struct StoreClock: Sendable {
  private let read: @Sendable () -> Int64

  /// Makes a clock from anything that tells milliseconds.
  ///
  /// - Parameter read: the time in milliseconds since any fixed point; called under a lock, from any
  ///   thread.
  public init(_ read: @escaping @Sendable () -> Int64) { self.read = read }

  /// The time in milliseconds since a point that stays the same for the life of the clock.
  public var now: Int64 { read() }

  /// The machine's time since it was started, time asleep included (`CLOCK_BOOTTIME`,
  /// clock_gettime(2)).
  ///
  /// Not the time of day: the store dies with the process, so its deadlines mean nothing to anybody
  /// else, and a corrected date must neither end a life nor prolong one. Not `CLOCK_MONOTONIC`
  /// either: that stands still while a laptop sleeps, and a value of half an hour would be there the
  /// next morning.
  public static let system = StoreClock {
    var time = timespec()
    // Fails only for a clock that the kernel doesn't know; it has known this one since 2.6.39.
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
