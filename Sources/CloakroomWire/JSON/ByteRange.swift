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
    let expected = UnsafeRawPointer(literal.utf8Start)
    var index = 0
    while index &+ 8 <= count {
      let word = expected.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      guard text.word(start &+ index) == UInt64(littleEndian: word) else { return false }
      index &+= 8
    }
    while index < count {
      let byte = expected.load(fromByteOffset: index, as: UInt8.self)
      guard text.byte(start &+ index) == byte else { return false }
      index &+= 1
    }
    return true
  }
}
