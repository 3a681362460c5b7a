public import NIOCore

/// Writes pieces one behind the other into memory that was reserved for all of them.
///
/// Each write into a `ByteBuffer` asks whether the buffer is shared and large enough; a text of ten
/// pieces asks ten times. A cursor asks once. It never writes past what was reserved: where a piece
/// doesn't fit, more is reserved and the whole text is written again.
public struct ByteCursor {
  @usableFromInline let memory: UnsafeMutableRawBufferPointer
  @usableFromInline var count = 0
  @usableFromInline var isTooSmall = false

  @inlinable
  init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

  /// Writes bytes.
  @inlinable @inline(__always)
  public mutating func write(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    guard bytes.count <= memory.count &- count, let start = memory.baseAddress else {
      isTooSmall = true
      return
    }
    (start + count).copyMemory(from: source, byteCount: bytes.count)
    count &+= bytes.count
  }

  /// Writes bytes.
  @inlinable
  public mutating func write(_ bytes: RawSpan) { bytes.withUnsafeBytes { write($0) } }

  /// Writes a text that the program knows. Inlined, because then its length is known where it is
  /// written, and a short one takes a store or two and no call.
  @inlinable @inline(__always)
  public mutating func write(_ text: StaticString) {
    write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Writes a string's UTF-8. Not another `write`: a literal would be taken for a string.
  @inlinable
  public mutating func write(string text: String) {
    var text = text
    text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
  }

  /// Writes a buffer's readable bytes.
  @inlinable
  public mutating func write(_ buffer: ByteBuffer) {
    buffer.withUnsafeReadableBytes { write($0) }
  }

  /// Writes a whole number in decimal.
  @inlinable
  public mutating func writeDecimal(_ number: Int64) {
    writeDecimal(number, length: ByteBuffer.decimalCount(number))
  }

  /// Writes a whole number in decimal.
  ///
  /// - Parameter length: how many characters that takes, as `ByteBuffer.decimalCount` tells.
  @inlinable
  public mutating func writeDecimal(_ number: Int64, length: Int) {
    guard length <= memory.count &- count, let start = memory.baseAddress else {
      isTooSmall = true
      return
    }
    let pairs: StaticString = """
      00010203040506070809101112131415161718192021222324\
      25262728293031323334353637383940414243444546474849\
      50515253545556575859606162636465666768697071727374\
      75767778798081828384858687888990919293949596979899
      """
    // From the last digit on, two at a time; no further back than the length that was named.
    var rest = number.magnitude
    var index = count &+ length
    while rest >= 10, index &- count >= 2 {
      let pair = UnsafeRawPointer(pairs.utf8Start)
        .loadUnaligned(fromByteOffset: 2 &* Int(truncatingIfNeeded: rest % 100), as: UInt16.self)
      rest /= 100
      index &-= 2
      start.storeBytes(of: pair, toByteOffset: index, as: UInt16.self)
    }
    // A sign comes over the zero that this may be.
    if index > count {
      let digit = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      start.storeBytes(of: digit, toByteOffset: index &- 1, as: UInt8.self)
    }
    if number < 0 { start.storeBytes(of: UInt8(ascii: "-"), toByteOffset: count, as: UInt8.self) }
    count &+= length
  }
}

extension ByteBuffer {
  /// Writes a text of several pieces.
  ///
  /// - Parameters:
  ///   - capacity: as many bytes as the pieces have together. With too few the text is written all the
  ///     same, only more slowly.
  ///   - body: writes the pieces, and nothing else; it may be called more than once.
  @inlinable
  public mutating func write(atMost capacity: Int, _ body: (inout ByteCursor) -> Void) {
    var capacity = capacity
    while !tryWrite(atMost: capacity, body) {
      // Half of a text is never kept: it could be a command that other replies would then answer.
      capacity = max(2 * capacity, 256)
    }
  }

  /// Writes a text, if it fits.
  ///
  /// - Returns: whether it was written; if not, the buffer is as it was.
  @inlinable @inline(__always)
  mutating func tryWrite(atMost capacity: Int, _ body: (inout ByteCursor) -> Void) -> Bool {
    if writableBytes < capacity { reserveCapacity(minimumWritableBytes: capacity) }
    let start = writerIndex
    let count = withVeryUnsafeMutableBytes { memory -> Int? in
      var cursor = ByteCursor(UnsafeMutableRawBufferPointer(rebasing: memory[start...]))
      body(&cursor)
      return cursor.isTooSmall ? nil : cursor.count
    }
    guard let count else { return false }
    moveWriterIndex(forwardBy: count)
    return true
  }

  /// Writes a whole number in decimal, without a string in between.
  @inlinable
  public mutating func writeDecimal(_ number: some FixedWidthInteger) {
    write(atMost: 20) { $0.writeDecimal(Int64(clamping: number)) }
  }

  /// How many characters a whole number takes in decimal, its sign counted.
  @inlinable
  public static func decimalCount(_ number: Int64) -> Int {
    var rest = number.magnitude
    var count = number < 0 ? 1 : 0
    while rest >= 10_000 {
      rest /= 10_000
      count &+= 4
    }
    return count &+ (rest < 100 ? (rest < 10 ? 1 : 2) : (rest < 1000 ? 3 : 4))
  }
}
