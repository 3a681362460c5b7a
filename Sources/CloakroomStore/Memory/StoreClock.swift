internal import Glibc

/// The clock that a store in this process decides by.
public struct StoreClock: Sendable {
  private let read: @Sendable () -> Int64
  private let readDate: @Sendable () -> Int64

  /// Makes a clock from anything that tells milliseconds.
  ///
  /// - Parameters:
  ///   - read: the time in milliseconds since any fixed point; called under a lock, from any thread.
  ///   - date: the time of day in milliseconds since 1970 (UTC), called likewise; nil takes `read`
  ///     for it.
  public init(
    _ read: @escaping @Sendable () -> Int64, date: (@Sendable () -> Int64)? = nil
  ) {
    self.read = read
    readDate = date ?? read
  }

  /// The time in milliseconds since a point that stays the same for the life of the clock.
  public var now: Int64 { read() }

  /// The time of day in milliseconds since 1970 (UTC). It may be set at any time, and so only tells
  /// callers when something will be; nothing is decided by it.
  public var date: Int64 { readDate() }

  /// The machine's time since it was started, time asleep included (`CLOCK_BOOTTIME`,
  /// clock_gettime(2)).
  ///
  /// Not the time of day: the store dies with the process, so its deadlines mean nothing to anybody
  /// else, and a corrected date must neither end a life nor prolong one. Not `CLOCK_MONOTONIC`
  /// either: that stands still while a laptop sleeps, and a value of half an hour would be there the
  /// next morning.
  public static let system = StoreClock(
    { milliseconds(of: CLOCK_BOOTTIME) }, date: { milliseconds(of: CLOCK_REALTIME) })

  private static func milliseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    // Fails only for a clock that the kernel doesn't know; it has known both since 2.6.39.
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
