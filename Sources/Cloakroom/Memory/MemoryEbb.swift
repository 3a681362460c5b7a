/// When memory is worth giving back to the system: once much is kept that is not in use.
///
/// What is freed stays with the C library, which keeps it for what comes next.
struct MemoryEbb {
  /// More than this is kept before any is given back, in bytes.
  static let least = 32 << 20
  /// How long it waits from one time to the next.
  static let interval = Duration.seconds(5)

  /// By how much what is kept may still be growing when it counts as all, in bytes.
  private static let ripple = 1 << 20

  /// The least that was kept: what can't be given back, as what is in use lies between it.
  private var least: Int?
  private var previous: Int?
  private var lastAt: ContinuousClock.Instant?

  /// Takes in what is kept.
  ///
  /// - Parameter kept: how many bytes are resident and not in use.
  /// - Returns: whether memory is to be given back now.
  mutating func isDue(keeping kept: Int, at now: ContinuousClock.Instant) -> Bool {
    least = min(least ?? kept, kept)
    // While it grows there will be more to give back in a moment.
    let isGrowing = kept > (previous ?? kept) + Self.ripple
    previous = kept
    guard kept - (least ?? kept) > Self.least, !isGrowing else { return false }
    if let lastAt, now - lastAt < Self.interval { return false }
    lastAt = now
    return true
  }

  /// Memory has been given back.
  ///
  /// - Parameter kept: how much is still kept.
  mutating func gaveBack(keeping kept: Int) { least = kept }
}
