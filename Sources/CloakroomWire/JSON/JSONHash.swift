/// Hashes bytes that clients send: by a secret of the process, so that nobody can choose texts that collide.
///
/// Eight bytes at a time are multiplied to 128 bits, whose halves are folded (Wang Yi, wyhash, 2019).
package enum JSONHash {
  /// Drawn when the process starts.
  private static let secret = UInt64.random(in: .min ... .max)

  /// The hash of the bytes from `start` up to `end`, both of which lie inside of the text.
  package static func of(_ text: RawSpan, _ start: Int, _ end: Int) -> UInt64 {
    let secret = secret
    var hash = secret ^ UInt64(truncatingIfNeeded: end &- start) &* 0x9E37_79B9_7F4A_7C15
    var at = start
    while at &+ 8 < end {
      hash = fold(hash ^ text.word(at), 0xA076_1D64_78BD_642F)
      at &+= 8
    }
    let last = at < end ? text.upToEight(at, end) : 0
    return fold(hash ^ last, secret | 1)
  }

  /// The hash of bytes.
  package static func of(_ bytes: [UInt8]) -> UInt64 { of(bytes.span.bytes, 0, bytes.count) }

  /// One hash of two.
  package static func joined(_ hash: UInt64, _ other: UInt64) -> UInt64 {
    fold(hash ^ 0xE703_7ED1_A0B4_28DB, other ^ secret)
  }

  private static func fold(_ one: UInt64, _ other: UInt64) -> UInt64 {
    let product = one.multipliedFullWidth(by: other)
    return product.high ^ product.low
  }
}
