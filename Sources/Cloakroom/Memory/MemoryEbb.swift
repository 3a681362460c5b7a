/// When memory is worth giving back to the system: once much less is held than was a while ago.
///
/// What is freed stays with the C library, which keeps it for what comes next.
struct MemoryEbb {
  /// Less than this is kept in any case, in bytes.
  static let least = 32 << 20
  /// How long it waits from one time to the next.
  static let interval = Duration.seconds(5)

  /// By how much what is held may still be falling when it counts as what is left, in bytes.
  private static let ripple = 1 << 20

  private var highest = 0
  private var previous: Int?
  private var lastAt: ContinuousClock.Instant?

  /// Takes in what is held.
  ///
  /// - Parameters:
  ///   - held: how many bytes are held now.
  ///   - peak: the most that were since this was asked last.
  /// - Returns: whether memory is to be given back now.
  mutating func isDue(holding held: Int, atMost peak: Int, at now: ContinuousClock.Instant) -> Bool
  {
    highest = max(highest, peak, held)
    // While it falls there will be more to give back in a moment.
    let isFalling = held < (previous ?? 0) - Self.ripple
    previous = held
    guard highest >= Self.least, held < highest / 2, !isFalling else { return false }
    if let lastAt, now - lastAt < Self.interval { return false }
    lastAt = now
    highest = held
    return true
  }
}
