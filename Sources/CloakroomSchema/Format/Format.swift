/// The formats that are asserted; a schema that names another is refused.
///
/// Each takes time in proportion to the text's length.
enum Format: String, Sendable, CaseIterable {
  /// RFC 3339's `date-time`
  case dateTime = "date-time"
  /// RFC 3339's `full-date`
  case date
  /// RFC 3339's `full-time`
  case time
  /// RFC 3339's `duration`, of appendix A
  case duration
  /// RFC 5321's `Mailbox`, without SMTPUTF8
  case email
  /// RFC 1123's host name. What an A-label (`xn--…`) decodes to is not looked at.
  case hostname
  /// RFC 2673's `dotted-quad`
  case ipv4
  /// RFC 4291's text form of an address
  case ipv6
  /// RFC 3986's `URI`, thus absolute
  case uri
  /// RFC 3986's `URI-reference`
  case uriReference = "uri-reference"
  /// RFC 4122's text form
  case uuid

  /// Whether a text has the format.
  func accepts(_ bytes: ArraySlice<UInt8>) -> Bool {
    switch self {
    case .dateTime: Self.isDateTime(bytes)
    case .date: Self.isDate(bytes)
    case .time: Self.isTime(bytes)
    case .duration: Self.isDuration(bytes)
    case .email: Self.isEmail(bytes)
    case .hostname: Self.isHostname(bytes)
    case .ipv4: Self.isIPv4(bytes)
    case .ipv6: Self.isIPv6(bytes)
    case .uri: Self.isURI(bytes, isReference: false)
    case .uriReference: Self.isURI(bytes, isReference: true)
    case .uuid: Self.isUUID(bytes)
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

  static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
  }

  /// Whether a byte is one of a few ASCII characters.
  static func isOne(of characters: StaticString, _ byte: UInt8) -> Bool {
    characters.withUTF8Buffer { $0.contains(byte) }
  }

  /// The number that a text of so many digits is, nil if it is none.
  static func number(_ text: ArraySlice<UInt8>, digits: ClosedRange<Int>) -> Int? {
    guard digits.contains(text.count), text.allSatisfy(isDigit) else { return nil }
    return text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  private static func isUUID(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.count == 36 else { return false }
    let groups = text.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    return groups.map(\.count) == [8, 4, 4, 4, 12]
      && groups.allSatisfy { $0.allSatisfy(isHexadecimal) }
  }
}
