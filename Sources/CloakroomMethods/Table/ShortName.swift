internal import CloakroomWire

/// A name of at most sixteen bytes in two words, so that comparing it is comparing three numbers.
///
/// Of a longer name only its length, its first eight and its last eight bytes are kept: it equals no
/// short one, but another long one that it may differ from.
struct ShortName: Equatable {
  /// How many bytes a name has at most that is kept whole.
  static let longest = 16

  /// How many bytes the name has.
  let count: Int
  /// Whether all of the name is kept.
  var isWhole: Bool { count <= Self.longest }
  /// The first eight bytes of a name that has that many.
  private let first: UInt64
  /// The last eight bytes, or fewer with zeros above them.
  private let last: UInt64

  /// How many values `hash` has.
  static let hashCount = 256

  /// A number below `hashCount` that names which differ seldom share: the highest bits of a product, as
  /// all of a word's bits have a part in them (Knuth, The Art of Computer Programming, 6.4).
  var hash: Int {
    Int(truncatingIfNeeded: ((first &+ last) &* 0x9E37_79B9_7F4A_7C15) &>> 56)
  }

  /// The name that a range of a text covers; one without bytes when it doesn't lie inside of the text.
  @inline(__always)
  init(_ range: ByteRange, in text: RawSpan) {
    let end = range.end
    let count = end &- range.start
    guard count > 0, end <= text.byteCount else {
      (self.count, first, last) = (0, 0, 0)
      return
    }
    self.count = count
    if count >= 8 {
      first = Self.word(text, at: range.start)
      last = Self.word(text, at: end &- 8)
    } else {
      first = 0
      // A word that ends where the name does, with what comes before the name shifted out.
      last =
        end >= 8
        ? Self.word(text, at: end &- 8) &>> UInt64(truncatingIfNeeded: 64 &- 8 &* count)
        : Self.bytes(text, from: range.start, to: end)
    }
  }

  /// A name that the program knows.
  init(_ name: StaticString) {
    let bytes = Array("\(name)".utf8)
    self.init(ByteRange(0..<bytes.count), in: bytes.span.bytes)
  }

  /// Eight bytes at once, the first in the lowest bits; the load itself holds the offset to the text.
  @inline(__always)
  private static func word(_ text: RawSpan, at offset: Int) -> UInt64 {
    UInt64(littleEndian: text.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// Fewer than eight bytes that stand too near to the text's beginning for a word to end with them.
  private static func bytes(_ text: RawSpan, from start: Int, to end: Int) -> UInt64 {
    var word: UInt64 = 0
    for offset in (start..<end).reversed() {
      word = word &<< 8 | UInt64(text.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
    }
    return word
  }
}
