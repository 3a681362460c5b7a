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
    let numbers = text.withUnsafeReadableBytes { bytes -> (hard: Int64, soft: Int64)? in
      var at = 0
      guard let hard = Self.number(bytes, &at), at < bytes.count, bytes[at] == UInt8(ascii: " ")
      else { return nil }
      at &+= 1
      guard let soft = Self.number(bytes, &at), at == bytes.count else { return nil }
      return (hard, soft)
    }
    guard let numbers else { return nil }
    self.init(hard: numbers.hard, soft: numbers.soft)
  }

  /// Reads a number of at most 18 digits, which 64 bits always hold.
  private static func number(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> Int64? {
    let start = at
    var number: Int64 = 0
    while at < bytes.count, at &- start < 18 {
      let digit = bytes[at] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      number = number &* 10 &+ Int64(digit)
      at &+= 1
    }
    return at > start ? number : nil
  }

  /// As the store has it: both numbers in decimal, a space between them.
  package var text: ByteBuffer { ByteBuffer(string: "\(hard) \(soft)") }
}
