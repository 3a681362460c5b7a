internal import Glibc

/// The kernel's clocks, read without the detour over `Duration`: the loop does it twice a request.
enum Clock {
  /// Nanoseconds of a clock that never jumps.
  static func now() -> UInt64 { read(CLOCK_MONOTONIC) }

  /// Nanoseconds for which this thread had a core.
  static func threadCPU() -> UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
  }
}
