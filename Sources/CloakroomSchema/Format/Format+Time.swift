extension Format {
  static func isDateTime(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.count > 11 else { return false }
    return isDate(text.prefix(10)) && isOne(of: "Tt", text[text.startIndex + 10])
      && isTime(text.dropFirst(11))
  }

  static func isDate(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.count == 10 else { return false }
    let parts = text.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count == 3, let year = number(parts[0], digits: 4...4),
      let month = number(parts[1], digits: 2...2), let day = number(parts[2], digits: 2...2)
    else { return false }
    return (1...12).contains(month) && day >= 1 && day <= days(in: month, of: year)
  }

  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  static func isTime(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.count > 8 else { return false }
    let parts = text.prefix(8).split(
      separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 3, let hour = number(parts[0], digits: 2...2), hour < 24,
      let minute = number(parts[1], digits: 2...2), minute < 60,
      let second = number(parts[2], digits: 2...2), second <= 60
    else { return false }
    var rest = text.dropFirst(8)
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix(while: isDigit)
      guard !fraction.isEmpty else { return false }
      rest = rest.dropFirst(1 + fraction.count)
    }
    guard let offset = offset(rest) else { return false }
    // Leap seconds are at the end of a day of UTC.
    let day = 24 * 60
    return second < 60 || (hour * 60 + minute - offset + day) % day == day - 1
  }

  /// The minutes that a zone is ahead of UTC, nil if the text is none.
  private static func offset(_ text: ArraySlice<UInt8>) -> Int? {
    guard let sign = text.first else { return nil }
    if isOne(of: "Zz", sign) { return text.count == 1 ? 0 : nil }
    guard text.count == 6 else { return nil }
    let parts = text.dropFirst().split(
      separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard isOne(of: "+-", sign), parts.count == 2,
      let hours = number(parts[0], digits: 2...2), hours < 24,
      let minutes = number(parts[1], digits: 2...2), minutes < 60
    else { return nil }
    let offset = hours * 60 + minutes
    return sign == UInt8(ascii: "-") ? -offset : offset
  }

  static func isDuration(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.first == UInt8(ascii: "P") else { return false }
    let parts = text.dropFirst().split(
      separator: UInt8(ascii: "T"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let date = units(parts[0]) else { return false }
    if parts.count == 1 { return date == "W" || isRun(date, of: "YMD") }
    guard let time = units(parts[1]), isRun(time, of: "HMS") else { return false }
    return date.isEmpty || isRun(date, of: "YMD")
  }

  /// The units of numbers that each have one, nil if the text is not made of such.
  private static func units(_ text: ArraySlice<UInt8>) -> String? {
    var units = ""
    // There are three at most.
    var hasNumber = false
    for byte in text {
      if isDigit(byte) {
        hasNumber = true
      } else {
        guard hasNumber, units.utf8.count < 3 else { return nil }
        units.unicodeScalars.append(Unicode.Scalar(byte))
        hasNumber = false
      }
    }
    return hasNumber ? nil : units
  }

  /// Whether units follow one another without a gap, as RFC 3339 has it: no P1Y2D.
  private static func isRun(_ units: String, of all: String) -> Bool {
    !units.isEmpty && all.contains(units)
  }
}
