/// Reads the numbers that the program looks into.
public enum JSONNumber {
  /// The whole number that a JSON number stands for; nil when it has a fraction, an exponent or more
  /// than 64 bits.
  ///
  /// - Parameters:
  ///   - text: the text that the number stands in; it has been scanned.
  ///   - range: where it stands there.
  public static func wholeNumber(_ text: RawSpan, _ range: ByteRange) -> Int64? {
    guard range.end <= text.byteCount, !range.isEmpty else { return nil }
    if range.count <= 8, let number = fewDigits(text, range) { return number }
    let isNegative = text.byte(range.start) == ASCII.minus
    var at = isNegative ? range.start &+ 1 : range.start
    guard at < range.end else { return nil }
    // Kept below zero, where there is one number more.
    var number: Int64 = 0
    while at < range.end {
      let digit = text.byte(at) &- ASCII.zero
      guard digit < 10 else { return nil }
      let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, isTooSmall) = tens.subtractingReportingOverflow(Int64(digit))
      guard !isTooLarge, !isTooSmall else { return nil }
      number = sum
      at &+= 1
    }
    guard !isNegative else { return number }
    let (positive, overflow) = Int64(0).subtractingReportingOverflow(number)
    return overflow ? nil : positive
  }

  /// The number that at most eight digits stand for; nil when there is anything else.
  ///
  /// All digits at once, after Daniel Lemire, "Quickly parsing eight digits" (2018).
  @inline(__always)
  private static func fewDigits(_ text: RawSpan, _ range: ByteRange) -> Int64? {
    // The last digit highest, and zeros below the first one.
    var digits =
      (text.upToEight(range.start, range.end) ^ 0x3030_3030_3030_3030)
      &<< UInt64(8 &* (8 &- range.count))
    guard (digits &+ 0x7676_7676_7676_7676 | digits) & 0x8080_8080_8080_8080 == 0 else {
      return nil
    }
    // Two digits in every other byte, then four in every other two.
    digits = digits &* 10 &+ digits &>> 8
    let first = (digits & 0xFF_0000_00FF) &* (100 | 1_000_000 &<< 32)
    let second = (digits &>> 16 & 0xFF_0000_00FF) &* (1 | 10_000 &<< 32)
    return Int64(truncatingIfNeeded: (first &+ second) &>> 32)
  }
}
