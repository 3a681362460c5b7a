/// Turns JSON strings into the bytes they stand for, and bytes into JSON strings.
public enum JSONString {
  /// What a string's content stands for; nil when half of a surrogate pair stands alone in it, and
  /// when it does not lie inside of the text.
  public static func text(of content: ByteRange, hasEscapes: Bool, in text: RawSpan) -> String? {
    guard content.end <= text.byteCount else { return nil }
    guard hasEscapes else {
      return text.extracting(content.offsets).withUnsafeBytes {
        String(decoding: $0, as: UTF8.self)
      }
    }
    var bytes: [UInt8] = []
    guard (try? decode(text, content, into: &bytes)) != nil else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends what a string's content, as it was written between its quotes, stands for: UTF-8
  /// without escapes.
  ///
  /// The content should have been scanned; one that was not is refused or copied as it is, but
  /// does no harm.
  ///
  /// - Throws: `loneSurrogate` for half of an escaped pair, which no UTF-8 can hold; `syntax`
  ///   for an escape that is none; `outOfBounds` if the range is not inside of the text. What
  ///   was decoded before the fault has been appended.
  public static func decode(
    _ text: RawSpan, _ content: ByteRange, into output: inout [UInt8]
  ) throws(JSONFault) {
    try decode(text, content, to: &output)
  }

  /// Appends bytes as a JSON string in its quotes, with no more escapes than RFC 8259 demands.
  /// Bytes that are not UTF-8 are replaced by U+FFFD.
  public static func quote(_ bytes: RawSpan, into output: inout [UInt8]) {
    quote(bytes, to: &output)
  }

  /// Appends a string as a JSON string in its quotes, with no more escapes than RFC 8259 demands.
  public static func quote(_ string: String, into output: inout [UInt8]) {
    quote(string, to: &output)
  }

  static func decode(
    _ text: RawSpan, _ content: ByteRange, to sink: inout some ByteSink
  ) throws(JSONFault) {
    let end = content.end
    guard end <= text.byteCount, end <= JSONScanner.longestText else { throw .outOfBounds }
    var run = content.start
    var at = run
    while at < end {
      guard text.byte(at) == ASCII.backslash else {
        at &+= 1
        continue
      }
      append(text, run, at, to: &sink)
      at = try decodeEscape(text, at, end, to: &sink)
      run = at
    }
    append(text, run, end, to: &sink)
  }

  /// Decodes the escape whose backslash is at `at`, or two that make a surrogate pair, and
  /// returns the end.
  private static func decodeEscape(
    _ text: RawSpan, _ at: Int, _ end: Int, to sink: inout some ByteSink
  ) throws(JSONFault) -> Int {
    guard at &+ 1 < end else { throw .syntax(at: end) }
    switch text.byte(at &+ 1) {
    case UInt8(ascii: "b"): sink.append(byte: 0x08)
    case UInt8(ascii: "f"): sink.append(byte: 0x0C)
    case UInt8(ascii: "n"): sink.append(byte: ASCII.lineFeed)
    case UInt8(ascii: "r"): sink.append(byte: ASCII.carriageReturn)
    case UInt8(ascii: "t"): sink.append(byte: ASCII.tab)
    case UInt8(ascii: "u"): return try decodeUnicode(text, at, end, to: &sink)
    case let byte where byte == ASCII.quote || byte == ASCII.backslash || byte == ASCII.slash:
      sink.append(byte: byte)
    default: throw .syntax(at: at &+ 1)
    }
    return at &+ 2
  }

  private static func decodeUnicode(
    _ text: RawSpan, _ at: Int, _ end: Int, to sink: inout some ByteSink
  ) throws(JSONFault) -> Int {
    let first = try JSONScanner.hexadecimal(text, at &+ 2, end)
    if let scalar = Unicode.Scalar(first) {
      append(scalar, to: &sink)
      return at &+ 6
    }
    // RFC 8259, section 7: a high surrogate, then an escaped low one.
    guard first < 0xDC00, at &+ 8 <= end, text.byte(at &+ 6) == ASCII.backslash,
      text.byte(at &+ 7) == UInt8(ascii: "u")
    else { throw .loneSurrogate(at: at) }
    let second = try JSONScanner.hexadecimal(text, at &+ 8, end)
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(
        0x1_0000 + UInt32(first & 0x3FF) << 10 + UInt32(second & 0x3FF))
    else { throw .loneSurrogate(at: at) }
    append(scalar, to: &sink)
    return at &+ 12
  }

  private static func append(_ scalar: Unicode.Scalar, to sink: inout some ByteSink) {
    for byte in Unicode.UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter {
      sink.append(byte: byte)
    }
  }

  /// Appends the bytes from `start` up to `end`, both of which lie inside of the text.
  static func append(
    _ text: RawSpan, _ start: Int, _ end: Int, to sink: inout some ByteSink
  ) {
    guard start < end else { return }
    text.withUnsafeBytes { sink.append(run: UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
  }
}

/// What text is appended to: an array of bytes, or an outgoing buffer.
protocol ByteSink {
  mutating func append(run: UnsafeRawBufferPointer)
  mutating func append(byte: UInt8)
}

extension Array: ByteSink where Element == UInt8 {
  mutating func append(run: UnsafeRawBufferPointer) { append(contentsOf: run) }
  mutating func append(byte: UInt8) { append(byte) }
}
