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
}
