internal import CloakroomCore
internal import CloakroomWire
internal import NIOCore

/// Times as claims have them: seconds since 1970 (UTC), which may have a fraction (RFC 7519, section
/// 2).
enum NumericDate {
  /// No time is further away, in seconds: the year 9999.
  private static let latest: Double = 253_402_300_799

  /// Writes a time: whole seconds, or three digits behind the point where there are any.
  static func write(_ milliseconds: Int64, to text: inout ByteBuffer) {
    let (seconds, rest) = Timestamp.floorDivide(milliseconds, 1000)
    text.writeDecimal(seconds)
    guard rest > 0 else { return }
    text.writeStaticString(rest < 10 ? ".00" : rest < 100 ? ".0" : ".")
    text.writeDecimal(rest)
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
