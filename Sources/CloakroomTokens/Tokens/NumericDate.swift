internal import CloakroomCore
internal import CloakroomWire

/// Times as claims have them: seconds since 1970 (UTC), which may have a fraction (RFC 7519, section
/// 2).
enum NumericDate {
  /// No time is further away, in seconds: the year 9999.
  private static let latest: Double = 253_402_300_799

  /// The text of a time: whole seconds, or three digits behind the point where there are any.
  static func text(_ milliseconds: Int64) -> [UInt8] {
    let (seconds, rest) = Timestamp.floorDivide(milliseconds, 1000)
    guard rest > 0 else { return Array("\(seconds)".utf8) }
    let digits = "\(1000 + rest)".dropFirst()
    return Array("\(seconds).\(digits)".utf8)
  }

  /// The milliseconds of a time; nil for a number that no time has.
  static func milliseconds(_ member: JSONMember, in text: RawSpan) -> Int64? {
    guard member.kind == .number else { return nil }
    if let seconds = JSONNumber.wholeNumber(text, member.value) {
      return abs(Double(seconds)) <= latest ? seconds * 1000 : nil
    }
    let digits = text.extracting(member.value.offsets).withUnsafeBytes {
      String(decoding: $0, as: UTF8.self)
    }
    guard let seconds = Double(digits), seconds.isFinite, abs(seconds) <= latest else {
      return nil
    }
    return Int64((seconds * 1000).rounded())
  }
}
