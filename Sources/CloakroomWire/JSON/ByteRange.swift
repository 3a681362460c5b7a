/// Where a piece of a text lies: byte offsets from the text's first byte, the end exclusive.
///
/// Eight bytes in size, so that a list of them stays small; texts are limited to
/// `JSONScanner.longestText` bytes and any offset into them fits.
public struct ByteRange: Sendable, Hashable {
  private let first: UInt32
  private let past: UInt32

  /// The offset of the first byte.
  public var start: Int { Int(first) }

  /// The offset behind the last byte, never less than `start`.
  public var end: Int { Int(past) }

  /// The number of bytes.
  public var count: Int { Int(past &- first) }

  /// Whether there is no byte in it.
  public var isEmpty: Bool { first == past }

  /// The same range as the standard library writes it.
  public var offsets: Range<Int> { start..<end }

  /// A range of offsets; what doesn't fit into 32 bits is clamped.
  public init(_ offsets: Range<Int>) {
    first = UInt32(clamping: offsets.lowerBound)
    past = UInt32(clamping: offsets.upperBound)
  }

  /// For the scanners, whose offsets are in order and were held to the longest text before.
  @inline(__always)
  init(scanned start: Int, _ end: Int) {
    first = UInt32(truncatingIfNeeded: start)
    past = UInt32(truncatingIfNeeded: end)
  }

  /// Whether the bytes that the range covers in `text` are exactly those of an ASCII literal.
  public func holds(_ literal: StaticString, in text: RawSpan) -> Bool {
    guard literal.hasPointerRepresentation, literal.utf8CodeUnitCount == count,
      end <= text.byteCount
    else { return false }
    // By words, of which the last two may overlap.
    let expected = UnsafeRawBufferPointer(start: literal.utf8Start, count: count).bytes
    switch count {
    case 8...:
      var index = 0
      while index &+ 8 < count {
        guard text.word(start &+ index) == expected.word(index) else { return false }
        index &+= 8
      }
      return text.word(end &- 8) == expected.word(count &- 8)
    case 4...:
      return text.halfWord(start) == expected.halfWord(0)
        && text.halfWord(end &- 4) == expected.halfWord(count &- 4)
    case 2...:
      return text.quarterWord(start) == expected.quarterWord(0)
        && text.byte(end &- 1) == expected.byte(count &- 1)
    default:
      return count == 0 || text.byte(start) == expected.byte(0)
    }
  }
}
