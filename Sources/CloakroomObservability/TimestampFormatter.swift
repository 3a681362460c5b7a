/// Writes times as RFC 3339 does, in UTC and with milliseconds: `2025-01-31T23:59:59.999Z`.
///
/// Calls of one second share all but the milliseconds, so the rest is kept from one to the next.
struct TimestampFormatter {
  private var second = Int64.min
  /// The text of ``second`` up to and with the point.
  private var prefix: [UInt8] = []

  /// Appends the time so many nanoseconds after 1970 began; earlier ones are negative.
  mutating func append(nanoseconds: Int64, to line: inout LineBuffer) {
    let (second, rest) = Self.floorDivide(nanoseconds, 1_000_000_000)
    if second != self.second {
      self.second = second
      prefix = Self.prefix(of: second)
    }
    line.append(prefix)
    let milliseconds = rest / 1_000_000
    line.append(Self.digit(milliseconds / 100))
    line.append(Self.digit(milliseconds / 10))
    line.append(Self.digit(milliseconds))
    line.append(UInt8(ascii: "Z"))
  }

  /// Days to a civil date after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
  /// (`civil_from_days`): eras of 400 years that begin in March.
  private static func prefix(of second: Int64) -> [UInt8] {
    let (days, secondOfDay) = floorDivide(second, 86_400)
    let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)

    var text: [UInt8] = []
    text.reserveCapacity(20)
    append(year, digits: 4, to: &text)
    text.append(UInt8(ascii: "-"))
    append(month, digits: 2, to: &text)
    text.append(UInt8(ascii: "-"))
    append(day, digits: 2, to: &text)
    text.append(UInt8(ascii: "T"))
    append(secondOfDay / 3_600, digits: 2, to: &text)
    text.append(UInt8(ascii: ":"))
    append(secondOfDay / 60 % 60, digits: 2, to: &text)
    text.append(UInt8(ascii: ":"))
    append(secondOfDay % 60, digits: 2, to: &text)
    text.append(UInt8(ascii: "."))
    return text
  }

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  private static func append(_ number: Int64, digits: Int, to text: inout [UInt8]) {
    var divisor: Int64 = 1
    for _ in 1..<digits { divisor *= 10 }
    while divisor > 0 {
      text.append(digit(number / divisor))
      divisor /= 10
    }
  }

  /// The last digit of a number.
  private static func digit(_ number: Int64) -> UInt8 {
    UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number % 10)
  }
}
