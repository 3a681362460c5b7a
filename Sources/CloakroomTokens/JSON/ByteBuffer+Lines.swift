internal import NIOCore

extension ByteBuffer {
  /// Puts spaces in the place of line breaks, which valid JSON has only between its tokens: where
  /// everything is stays the same.
  mutating func breakNoLines() {
    // Most texts have none, and then stay where they are.
    let hasBreaks = withUnsafeReadableBytes { bytes in
      bytes.holds(UInt8(ascii: "\n")) || bytes.holds(UInt8(ascii: "\r"))
    }
    guard hasBreaks else { return }
    for index in readerIndex..<writerIndex {
      let byte = getInteger(at: index, as: UInt8.self)
      guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else { continue }
      setInteger(UInt8(ascii: " "), at: index)
    }
  }
}
