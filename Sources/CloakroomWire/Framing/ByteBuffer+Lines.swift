internal import NIOCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

extension ByteBuffer {
  /// How many readable bytes stand before the first line feed, nil if there is none.
  func distanceToLineFeed() -> Int? { readableBytesSpan.distanceToLineFeed() }

  /// The length of the first line, if its end is there and the line is a text without white space
  /// around it; nil for any other line.
  var lengthOfTightLine: Int? {
    let text = readableBytesSpan
    guard let length = text.distanceToLineFeed(), length > 0, text.byte(0) > ASCII.space,
      text.byte(length &- 1) > ASCII.space
    else { return nil }
    return length
  }

  /// Whether there is nothing but JSON's white space. Text mostly shows at the first byte.
  var isBlank: Bool {
    let text = readableBytesSpan
    return JSONScanner.skipSpace(text, 0, text.byteCount).offset == text.byteCount
  }
}

extension RawSpan {
  @inline(__always)
  fileprivate func distanceToLineFeed() -> Int? {
    withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, !bytes.isEmpty,
        let found = memchr(base, Int32(ASCII.lineFeed), bytes.count)
      else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }
}
