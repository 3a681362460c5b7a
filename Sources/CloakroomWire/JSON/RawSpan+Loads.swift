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

  /// The next eight bytes from `offset` on, or those up to `end` and zeros in place of the rest. The
  /// caller has made sure that `offset < end <= byteCount`.
  @inline(__always)
  func upToEight(_ offset: Int, _ end: Int) -> UInt64 {
    if offset &+ 8 <= end { return word(offset) }
    return end >= 8 ? lastWord(offset, end) : wordOfBytes(offset, end)
  }

  /// The at most eight bytes from `offset` up to `end`, and zeros in place of the rest. The caller
  /// has made sure that `end - 8 <= offset < end <= byteCount`, and that `end` is at least eight.
  @inline(__always)
  func lastWord(_ offset: Int, _ end: Int) -> UInt64 {
    // A word that ends where the text does, with what comes before `offset` shifted out.
    word(end &- 8) &>> UInt64(truncatingIfNeeded: 8 &* (offset &+ 8 &- end))
  }

  /// The fewer than eight bytes from `offset` up to `end`, and zeros in place of the rest.
  @inline(never)
  private func wordOfBytes(_ offset: Int, _ end: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<end &- offset { word |= UInt64(byte(offset &+ index)) &<< UInt64(8 &* index) }
    return word
  }

  /// Two bytes at once, under the same condition.
  @inline(__always)
  func quarterWord(_ offset: Int) -> UInt16 {
    UInt16(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self))
  }

  /// Four bytes at once, under the same condition.
  @inline(__always)
  func halfWord(_ offset: Int) -> UInt32 {
    UInt32(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
  }
}
