internal import Glibc
internal import NIOCore

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

  /// How many characters the text has.
  static let length = 24
  /// How many of them all moments of one second have in common.
  private static let prefixLength = 20

  /// The moment's text, in ASCII.
  public var text: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.length) { text, count in
      write(to: UnsafeMutableRawBufferPointer(text))
      count = Self.length
    }
  }

  /// What all moments of one second begin with: `2025-01-31T23:59:59.`
  ///
  /// - Parameter second: the seconds since 1970 began.
  public static func prefix(ofSecond second: Int64) -> [UInt8] {
    Array(
      Timestamp(milliseconds: second.multipliedReportingOverflow(by: 1000).partialValue)
        .text.prefix(prefixLength))
  }

  /// Writes the text into as many bytes as it has.
  ///
  /// Days to a civil date after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
  /// (`civil_from_days`): eras of 400 years that begin in March.
  func write(to text: UnsafeMutableRawBufferPointer) {
    let (second, rest) = Self.floorDivide(milliseconds, 1000)
    let (days, secondOfDay) = Self.floorDivide(second, 86_400)
    let (era, dayOfEra) = Self.floorDivide(days + 719_468, 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)

    let form: StaticString = "0000-00-00T00:00:00.000Z"
    text.copyMemory(from: UnsafeRawBufferPointer(start: form.utf8Start, count: Self.length))
    Self.write(year, digits: 4, to: text, at: 0)
    Self.write(month, digits: 2, to: text, at: 5)
    Self.write(day, digits: 2, to: text, at: 8)
    Self.write(secondOfDay / 3_600, digits: 2, to: text, at: 11)
    Self.write(secondOfDay / 60 % 60, digits: 2, to: text, at: 14)
    Self.write(secondOfDay % 60, digits: 2, to: text, at: 17)
    Self.write(rest, digits: 3, to: text, at: 20)
  }

  /// The quotient rounded down, and what is left, which is never negative.
  public static func floorDivide(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  /// Writes the last digits of a number.
  @inline(__always)
  private static func write(
    _ number: Int64, digits: Int, to text: UnsafeMutableRawBufferPointer, at start: Int
  ) {
    var rest = number
    for place in (start..<start + digits).reversed() {
      text[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }
}

extension ByteCursor {
  /// Writes a moment as RFC 3339 has it, 24 characters.
  public mutating func write(_ moment: Timestamp) {
    withUnsafeTemporaryAllocation(byteCount: Timestamp.length, alignment: 1) { text in
      moment.write(to: text)
      write(UnsafeRawBufferPointer(text))
    }
  }
}
