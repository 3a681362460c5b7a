internal import Glibc

/// What the C library does many bytes at a time. Nothing here takes the same time for all bytes, so
/// nothing that is secret is compared with it.
extension UnsafeRawBufferPointer {
  /// Whether a byte is among these.
  func holds(_ byte: UInt8) -> Bool { index(of: byte, from: 0) != nil }

  /// Where a byte is for the first time, from an offset on.
  func index(of byte: UInt8, from start: Int) -> Int? {
    guard start < count, let base = baseAddress else { return nil }
    guard let found = memchr(base + start, Int32(byte), count - start) else { return nil }
    return UnsafeRawPointer(found) - base
  }

  /// Whether these are the same bytes as others.
  func isSame(as other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard let base = baseAddress, let otherBase = other.baseAddress else { return true }
    return memcmp(base, otherBase, count) == 0
  }
}
