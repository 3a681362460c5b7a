extension RawSpan {
  /// The byte at an offset that the caller has compared with the text's end.
  @inline(__always)
  func byte(_ offset: Int) -> UInt8 {
    unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// Eight bytes at once, the first in the lowest bits. The caller has made sure that
  /// `offset + 8` does not pass the text's end.
  @inline(__always)
  func word(_ offset: Int) -> UInt64 {
    UInt64(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
  }

  /// Four bytes at once, under the same condition.
  @inline(__always)
  func halfWord(_ offset: Int) -> UInt32 {
    UInt32(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
  }
}
