/// The headers before one text, read a line at a time: the base protocol of the Language Server
/// Protocol, 3.17.
struct FrameHeaders: Sendable {
  /// How many bytes the lines took, their ends counted.
  private(set) var byteCount = 0
  private var contentLength: Int?

  /// Why headers can't be understood.
  enum Fault: Error {
    case tooLong, bareLineFeed, noColon, badLength, contradictingLengths, noLength, badCharset

    /// The reason in words, without anything of what was sent.
    var reason: String {
      switch self {
      case .tooLong: "the headers are longer than \(FrameDecoder.headerLimit) bytes"
      case .bareLineFeed: "a header line must end in CR LF"
      case .noColon: "a header line must be a name, a colon and a value"
      case .badLength: "Content-Length must be a whole number of bytes"
      case .contradictingLengths: "Content-Length is there twice, with different values"
      case .noLength: "Content-Length is missing"
      case .badCharset: "the charset of Content-Type must be utf-8"
      }
    }
  }

  /// The number of bytes that the blank line is followed by.
  var bodyLength: Int {
    get throws(Fault) {
      guard let contentLength else { throw .noLength }
      return contentLength
    }
  }

  /// Reads a line without its end. Headers of other names mean nothing here and are skipped.
  mutating func add(_ line: RawSpan) throws(Fault) {
    byteCount += line.byteCount + 2
    guard byteCount <= FrameDecoder.headerLimit else { throw .tooLong }
    var colon = 0
    while colon < line.byteCount, line.byte(colon) != ASCII.colon { colon += 1 }
    guard colon > 0, colon < line.byteCount else { throw .noColon }
    var start = colon + 1
    var end = line.byteCount
    while start < end, Self.isSpace(line.byte(start)) { start += 1 }
    while start < end, Self.isSpace(line.byte(end - 1)) { end -= 1 }
    if Self.matches(line, 0..<colon, "content-length") {
      let length = try Self.number(line, start..<end)
      guard contentLength == nil || contentLength == length else { throw .contradictingLengths }
      contentLength = length
    } else if Self.matches(line, 0..<colon, "content-type") {
      try Self.checkCharset(line, start..<end)
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == ASCII.space || byte == ASCII.tab
  }

  private static func number(_ line: RawSpan, _ range: Range<Int>) throws(Fault) -> Int {
    // Eighteen digits fit into 63 bits.
    guard (1...18).contains(range.count) else { throw .badLength }
    var number = 0
    for at in range {
      guard JSONScanner.isDigit(line.byte(at)) else { throw .badLength }
      number = number * 10 + Int(line.byte(at) - ASCII.zero)
    }
    return number
  }

  /// Refuses a `charset` parameter other than UTF-8; "utf8" is taken for it, as the protocol
  /// asks for backwards compatibility.
  private static func checkCharset(_ line: RawSpan, _ value: Range<Int>) throws(Fault) {
    let text = line.withUnsafeBytes { bytes in
      String(decoding: bytes[value], as: UTF8.self).lowercased()
    }
    for parameter in text.split(separator: ";").dropFirst() {
      let parts = parameter.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0].filter({ $0 != " " }) == "charset" else { continue }
      let charset = parts[1].filter { $0 != " " && $0 != "\"" }
      guard charset == "utf-8" || charset == "utf8" else { throw .badCharset }
    }
  }

  /// Compares without regard to case with a name in small letters.
  private static func matches(
    _ line: RawSpan, _ range: Range<Int>, _ name: StaticString
  ) -> Bool {
    guard name.hasPointerRepresentation, range.count == name.utf8CodeUnitCount else {
      return false
    }
    for (index, at) in range.enumerated() {
      let byte = line.byte(at)
      let lower = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
      if lower != name.utf8Start[index] { return false }
    }
    return true
  }
}
