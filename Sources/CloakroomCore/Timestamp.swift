internal import Glibc

/// A moment of the day as RFC 3339 writes it, in UTC and with milliseconds:
/// `2025-01-31T23:59:59.999Z`.
public struct Timestamp: Sendable, Hashable {
  /// The milliseconds since 1970 began; earlier moments are negative.
  public let milliseconds: Int64

  /// This moment, by the system's clock: it is set now and then, and may go back.
  public static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(
      milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// The moment so many milliseconds after 1970 began.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// The moment's text, in ASCII.
  public var text: [UInt8] {
    let (second, rest) = Self.floorDivide(milliseconds, 1000)
    var text = Self.prefix(ofSecond: second)
    Self.append(rest, digits: 3, to: &text)
    text.append(UInt8(ascii: "Z"))
    return text
  }

  /// What all moments of one second begin with: `2025-01-31T23:59:59.`
  ///
  /// Days to a civil date after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
  /// (`civil_from_days`): eras of 400 years that begin in March.
  ///
  /// - Parameter second: the seconds since 1970 began.
  public static func prefix(ofSecond second: Int64) -> [UInt8] {
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
    // As many as `text` has in all.
    text.reserveCapacity(24)
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

  /// The quotient rounded down, and what is left, which is never negative.
  public static func floorDivide(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
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
