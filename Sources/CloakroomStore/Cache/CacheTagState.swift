package import NIOCore

/// What a tag of caches has been raised to: the numbers of its last invalidations, hard and soft.
///
/// All numbers of a service come from one counter that only grows: an entry or a lease carries the number that
/// the counter had, and is touched by what has been invalidated under a greater one. A number is at least the
/// store's time in microseconds since 1970, so that none comes twice, not even where the store has lost the
/// counter.
package struct CacheTagState: Sendable, Hashable {
  /// How long the counter is kept, in milliseconds: longer than any entry lives.
  static let counterLifeMs: Int64 = 11 * 365 * 86_400_000
  /// How long a tag is kept at least, in milliseconds: longer than any lease.
  package static let leastLifeMs: Int64 = 86_400_000

  /// What carries a smaller number is void.
  package var hard: Int64
  /// What carries a smaller number is stale; 0 is none.
  package var soft: Int64

  /// Describes a tag.
  package init(hard: Int64, soft: Int64 = 0) {
    self.hard = hard
    self.soft = soft
  }

  /// Reads a tag as the store has it; nil for what is none.
  package init?(_ text: ByteBuffer) {
    var (hard, soft): (Int64, Int64) = (0, 0)
    var digits = 0
    var isSoft = false
    let isTag = text.withUnsafeReadableBytes { bytes in
      for byte in bytes {
        if byte == UInt8(ascii: " "), !isSoft, digits > 0 {
          (isSoft, digits) = (true, 0)
          continue
        }
        let digit = byte &- UInt8(ascii: "0")
        // 18 digits are always held by 64 bits.
        guard digit < 10, digits < 18 else { return false }
        digits &+= 1
        if isSoft {
          soft = soft &* 10 &+ Int64(digit)
        } else {
          hard = hard &* 10 &+ Int64(digit)
        }
      }
      return isSoft && digits > 0
    }
    guard isTag else { return nil }
    self.init(hard: hard, soft: soft)
  }

  /// As the store has it: both numbers in decimal, a space between them.
  package var text: ByteBuffer { ByteBuffer(string: "\(hard) \(soft)") }
}
