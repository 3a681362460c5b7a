extension JSONString {
  private static let hexadecimalDigits: StaticString = "0123456789abcdef"

  static func quote(_ string: String, to sink: inout some ByteSink) {
    var string = string
    string.makeContiguousUTF8()
    sink.append(byte: ASCII.quote)
    escape(string.utf8.span.bytes, to: &sink)
    sink.append(byte: ASCII.quote)
  }

  static func quote(_ bytes: RawSpan, to sink: inout some ByteSink) {
    guard isUTF8(bytes) else {
      let repaired = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
      return quote(repaired, to: &sink)
    }
    sink.append(byte: ASCII.quote)
    escape(bytes, to: &sink)
    sink.append(byte: ASCII.quote)
  }

  private static func isUTF8(_ bytes: RawSpan) -> Bool {
    var at = 0
    while at < bytes.byteCount {
      if bytes.byte(at) < 0x80 {
        at &+= 1
      } else if let end = try? JSONScanner.skipNonASCII(bytes, at, bytes.byteCount) {
        at = end
      } else {
        return false
      }
    }
    return true
  }

  /// Appends UTF-8 with quotes, backslashes and control characters escaped; the rest is copied
  /// in runs.
  private static func escape(_ text: RawSpan, to sink: inout some ByteSink) {
    var run = 0
    for at in 0..<text.byteCount {
      let byte = text.byte(at)
      guard byte < ASCII.space || byte == ASCII.quote || byte == ASCII.backslash else { continue }
      append(text, run, at, to: &sink)
      run = at &+ 1
      sink.append(byte: ASCII.backslash)
      switch byte {
      case ASCII.quote, ASCII.backslash: sink.append(byte: byte)
      case 0x08: sink.append(byte: UInt8(ascii: "b"))
      case 0x0C: sink.append(byte: UInt8(ascii: "f"))
      case ASCII.lineFeed: sink.append(byte: UInt8(ascii: "n"))
      case ASCII.carriageReturn: sink.append(byte: UInt8(ascii: "r"))
      case ASCII.tab: sink.append(byte: UInt8(ascii: "t"))
      default:
        sink.append(byte: UInt8(ascii: "u"))
        sink.append(byte: ASCII.zero)
        sink.append(byte: ASCII.zero)
        sink.append(byte: byte < 0x10 ? ASCII.zero : ASCII.zero &+ 1)
        sink.append(byte: hexadecimalDigits.utf8Start[Int(byte & 0x0F)])
      }
    }
    append(text, run, text.byteCount, to: &sink)
  }
}
