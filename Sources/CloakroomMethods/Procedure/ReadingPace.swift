internal import CloakroomCore
public import CloakroomStore
internal import NIOCore

/// How many values of one caller a step reads at a time, so that its reply stays short: others' replies come behind it.
///
/// How long values are is not known before they are read. It begins with few, reads more as long as they turn out to
/// be short, and few again when they do not. The longest that was met lately counts; what is lately fades with time,
/// not with calls, so that a caller can't make the sidecar forget it.
public struct ReadingPace: Sendable {
  /// About how many bytes of values one step reads.
  static let stepBytes = 256 * 1024
  /// How many values one step reads at most.
  static let most = 128
  /// How many are read where nothing is known.
  static let fewest = 4
  /// How many times as many as have been short enough.
  private static let growth = 4
  /// How long it takes until half of the longest is forgotten, in nanoseconds.
  private static let halfLife: UInt64 = 1_000_000_000

  /// The length of the longest value of late.
  private var longest = FadingMaximum(halfLife: ReadingPace.halfLife)
  /// How many values have been short enough together.
  private var proven = ReadingPace.fewest / ReadingPace.growth

  /// The pace where nothing is known.
  public init() {}

  /// How many values to read next.
  ///
  /// - Parameter now: nanoseconds of a clock that never goes back.
  public func count(now: UInt64) -> Int {
    let byLength = Self.stepBytes / max(longest.value(now: now), 1)
    return max(1, min(byLength, proven * Self.growth, Self.most))
  }

  /// Values are going to be read.
  ///
  /// - Parameter length: how long the longest of them was of late, in bytes; 0 when that is not known.
  public mutating func expects(_ length: Int, now: UInt64) {
    longest.see(length, now: now)
  }

  /// Takes note of what was read.
  ///
  /// - Parameters:
  ///   - lengths: how many bytes each value has that was there.
  ///   - count: how many values were asked for.
  public mutating func learn(_ lengths: some Sequence<Int>, of count: Int, now: UInt64) {
    var (sum, greatest) = (0, 0)
    for length in lengths {
      sum += length
      greatest = max(greatest, length)
    }
    longest.see(greatest, now: now)
    proven = sum <= Self.stepBytes ? min(max(proven, count), Self.most) : 1
  }

  /// Takes note of what a step has read.
  public mutating func learn(_ reply: borrowing StoreReply, now: UInt64) {
    guard case .values(let values) = copy reply, !values.isEmpty else { return }
    learn(values.lazy.map { $0?.readableBytes ?? 0 }, of: values.count, now: now)
  }
}
