internal import CloakroomCore

/// Writes times as RFC 3339 does, in UTC and with milliseconds: `2025-01-31T23:59:59.999Z`.
///
/// Calls of one second share all but the milliseconds, so the rest is kept from one to the next.
struct TimestampFormatter {
  private var second = Int64.min
  /// The text of ``second`` up to and with the point.
  private var prefix: [UInt8] = []

  /// Appends the time so many nanoseconds after 1970 began; earlier ones are negative.
  mutating func append(nanoseconds: Int64, to line: inout LineBuffer) {
    let (second, rest) = Timestamp.floorDivide(nanoseconds, 1_000_000_000)
    if second != self.second {
      self.second = second
      prefix = Timestamp.prefix(ofSecond: second)
    }
    line.append(prefix)
    let milliseconds = rest / 1_000_000
    line.append(Self.digit(milliseconds / 100))
    line.append(Self.digit(milliseconds / 10))
    line.append(Self.digit(milliseconds))
    line.append(UInt8(ascii: "Z"))
  }

  /// The last digit of a number.
  private static func digit(_ number: Int64) -> UInt8 {
    UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number % 10)
  }
}
