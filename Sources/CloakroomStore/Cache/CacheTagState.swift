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
    let parts = text.readableBytesView.split(
      separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let hard = Int64(String(decoding: parts[0], as: UTF8.self)),
      let soft = Int64(String(decoding: parts[1], as: UTF8.self))
    else { return nil }
    self.init(hard: hard, soft: soft)
  }

  /// As the store has it: both numbers in decimal, a space between them.
  package var text: ByteBuffer { ByteBuffer(string: "\(hard) \(soft)") }
}
