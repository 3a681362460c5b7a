internal import CloakroomCore
public import NIOCore

extension ByteBuffer: ByteSink {
  mutating func append(run: UnsafeRawBufferPointer) { writeBytes(run) }
  mutating func append(byte: UInt8) { writeInteger(byte) }
}

extension ByteBuffer {
  /// Appends a string as a JSON string in its quotes, with no more escapes than RFC 8259 demands.
  public mutating func writeJSONString(_ string: String) {
    var string = string
    let isWritten = string.withUTF8 { text in
      // Most need no escapes.
      guard JSONScanner.isPlain(UnsafeRawBufferPointer(text).bytes) else { return false }
      write(atMost: text.count + 2) {
        $0.write("\"")
        $0.write(UnsafeRawBufferPointer(text))
        $0.write("\"")
      }
      return true
    }
    if !isWritten { JSONString.quote(string, to: &self) }
  }

  /// Appends bytes as a JSON string in its quotes. Bytes that are not UTF-8 are replaced by
  /// U+FFFD.
  public mutating func writeJSONString(_ bytes: RawSpan) {
    JSONString.quote(bytes, to: &self)
  }

  /// Appends a piece of a text as it is; nothing if it doesn't lie inside of the text.
  public mutating func writeBytes(_ range: ByteRange, of text: RawSpan) {
    guard range.end <= text.byteCount else { return }
    JSONString.append(text, range.start, range.end, to: &self)
  }

  /// Appends a scanned JSON value with spaces in place of its line breaks, so that it can go into
  /// a line. Valid JSON has raw line breaks only between tokens, so the value stays the same.
  public mutating func writeOnOneLine(_ range: ByteRange, of text: RawSpan) {
    let index = writerIndex
    writeBytes(range, of: text)
    for at in index..<writerIndex {
      let byte = getInteger(at: at, as: UInt8.self)
      if byte == ASCII.lineFeed || byte == ASCII.carriageReturn {
        setInteger(ASCII.space, at: at)
      }
    }
  }

  /// The slice of the readable bytes that a range covers, nil if it doesn't lie inside of them.
  public func slice(_ range: ByteRange) -> ByteBuffer? {
    guard range.end <= readableBytes else { return nil }
    return getSlice(at: readerIndex + range.start, length: range.count)
  }
}
