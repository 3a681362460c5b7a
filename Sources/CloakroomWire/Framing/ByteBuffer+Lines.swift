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
  func distanceToLineFeed() -> Int? {
    withUnsafeReadableBytes { bytes in
      guard let base = bytes.baseAddress, !bytes.isEmpty,
        let found = memchr(base, Int32(ASCII.lineFeed), bytes.count)
      else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }

  /// Whether there is nothing but JSON's white space. Text mostly shows at the first byte.
  var isBlank: Bool {
    let text = readableBytesSpan
    return JSONScanner.skipSpace(text, 0, text.byteCount).offset == text.byteCount
  }
}
