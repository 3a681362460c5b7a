internal import CloakroomWire

/// A JSON number, exactly as it is written and of any size. Each number is kept in one way only, the first of
/// these that holds it.
enum JSONNumber: Sendable, Hashable {
  /// A whole number of 64 bits, however it is written: 1.0 is the integer 1.
  case integer(Int64)
  /// Up to 18 digits, the last no zero, and the power of ten that they are multiplied with.
  case short(digits: Int64, exponent: Int32)
  /// Any other.
  case decimal(DecimalNumber)

  private static let shortDigits = 18
  /// How long the text of a number is that is read without a list of its digits.
  private static let mostBytes = 28

  /// Reads a number that a scanner has found.
  init(_ text: RawSpan, _ range: ByteRange) {
    if let integer = CloakroomWire.JSONNumber.wholeNumber(text, range) {
      self = .integer(integer)
      return
    }
    if let short = Self.short(text, range) {
      self = short
      return
    }
    let decimal = text.extracting(range.offsets).withUnsafeBytes { DecimalNumber($0) }
    self = decimal.wholeNumber.map { .integer($0) } ?? decimal.short ?? .decimal(decimal)
  }

  /// Most numbers: few digits, and an exponent of few.
  private static func short(_ text: RawSpan, _ range: ByteRange) -> JSONNumber? {
    guard range.count <= mostBytes else { return nil }
    var digits: Int64 = 0
    var count = 0
    var exponent = 0
    var isNegative = false
    var isFraction = false
    var end = range.end
    for at in range.offsets {
      switch text.unsafeLoad(fromByteOffset: at, as: UInt8.self) {
      case let byte where Format.isDigit(byte):
        if digits > 0 || byte > UInt8(ascii: "0") { count += 1 }
        guard count <= shortDigits else { return nil }
        digits = digits * 10 + Int64(byte - UInt8(ascii: "0"))
        if isFraction { exponent -= 1 }
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): isFraction = true
      default: end = at
      }
      if end == at { break }
    }
    guard digits > 0 else { return .integer(0) }
    if end < range.end {
      guard let written = written(text, end + 1, range.end) else { return nil }
      exponent += written
    }
    while digits % 10 == 0 {
      digits /= 10
      exponent += 1
    }
    if isNegative { digits = -digits }
    if (0...18).contains(exponent) {
      let whole = Int128(digits) * power(exponent)
      if let integer = Int64(exactly: whole) { return .integer(integer) }
    }
    return .short(digits: digits, exponent: Int32(clamping: exponent))
  }

  /// An exponent of up to six digits, without its letter.
  private static func written(_ text: RawSpan, _ start: Int, _ end: Int) -> Int? {
    guard end - start <= 7 else { return nil }
    var exponent = 0
    var isNegative = false
    for at in start..<end {
      switch text.unsafeLoad(fromByteOffset: at, as: UInt8.self) {
      case let byte where Format.isDigit(byte):
        exponent = exponent * 10 + Int(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "-"): isNegative = true
      default: break
      }
    }
    return isNegative ? -exponent : exponent
  }

  /// The number as digits.
  var decimal: DecimalNumber {
    switch self {
    case .integer(let value): DecimalNumber(String(value).utf8)
    case .short(let digits, let exponent): DecimalNumber("\(digits)e\(exponent)".utf8)
    case .decimal(let decimal): decimal
    }
  }

  /// The number for people, of a reasonable length.
  var text: String {
    if case .integer(let value) = self { return String(value) }
    let decimal = decimal
    guard decimal.digits.count <= Self.longestShown, decimal.point.word != nil else {
      return "what the schema says"
    }
    return decimal.scriptText
  }

  private static let longestShown = 40

  /// Whether the number has no fraction.
  var isInteger: Bool {
    switch self {
    case .integer: true
    case .short(_, let exponent): exponent >= 0
    case .decimal(let decimal): decimal.point >= DecimalExponent(decimal.digits.count)
    }
  }

  /// A hash of the number, the same for all that are equal.
  var hash: UInt64 {
    switch self {
    case .integer(let value): JSONHash.joined(1, UInt64(bitPattern: value))
    case .short(let digits, let exponent):
      JSONHash.joined(UInt64(bitPattern: Int64(exponent)) ^ 2, UInt64(bitPattern: digits))
    case .decimal(let decimal): UInt64(bitPattern: Int64(decimal.hashValue))
    }
  }

  /// How much memory it takes beside its own place, in bytes, about.
  var memoryBytes: Int {
    if case .decimal(let decimal) = self { 32 + decimal.digits.count } else { 0 }
  }

  /// What it costs to read it and to look at all of it, in steps of a validation.
  ///
  /// - Parameter bytes: how long it is in its text.
  static func weight(_ bytes: Int) -> Int { bytes < 10 ? 2 : bytes <= 20 ? 4 : 24 + bytes / 4 }

  /// The digits and the power of ten, where there are few digits; an integer's with its zeros.
  private var parts: (digits: Int64, exponent: Int)? {
    switch self {
    case .integer(let value): (value, 0)
    case .short(let digits, let exponent): (digits, Int(exponent))
    case .decimal: nil
    }
  }

  /// Whether the number is a whole multiple of another, which is above zero, where that can be told by words.
  func isShortMultiple(of divisor: JSONNumber) -> Bool? {
    guard let (digits, exponent) = parts, let (other, otherExponent) = divisor.parts else {
      return nil
    }
    guard digits != 0 else { return true }
    let zeros = exponent - otherExponent
    if zeros >= 0 {
      guard zeros <= 19, other > 0 else { return nil }
      return Int128(digits) * Self.power(zeros) % Int128(other) == 0
    }
    // The divisor has zeros behind its digits, which the number would have to have as well.
    guard -zeros <= 18, other > 0 else { return nil }
    let (product, isTooLarge) = Int128(other).multipliedReportingOverflow(by: Self.power(-zeros))
    return isTooLarge ? nil : Int128(digits) % product == 0
  }

  fileprivate static func power(_ exponent: Int) -> Int128 {
    var power: Int128 = 1
    for _ in 0..<exponent { power *= 10 }
    return power
  }
}

extension JSONNumber: Comparable {
  static func < (left: Self, right: Self) -> Bool {
    if case .integer(let left) = left, case .integer(let right) = right { return left < right }
    guard let (one, exponent) = left.parts, let (other, otherExponent) = right.parts else {
      return left.decimal < right.decimal
    }
    if one.signum() != other.signum() { return one < other }
    let zeros = exponent - otherExponent
    // Nineteen digits at most: one that has 20 zeros more is the one that is farther from zero.
    guard abs(zeros) <= 19 else { return (zeros > 0) == (one < 0) }
    return zeros >= 0
      ? Int128(one) * power(zeros) < Int128(other) : Int128(one) < Int128(other) * power(-zeros)
  }
}

extension DecimalNumber {
  /// A decimal that is a whole number of 64 bits as one; nil for every other.
  fileprivate var wholeNumber: Int64? {
    guard !digits.isEmpty else { return 0 }
    guard let point = point.word, point >= digits.count, point <= 19 else { return nil }
    // Kept below zero, where there is one number more.
    var number: Int64 = 0
    for place in 0..<point {
      let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let digit = place < digits.count ? Int64(digits[place]) : 0
      let (sum, isTooSmall) = tens.subtractingReportingOverflow(digit)
      guard !isTooLarge, !isTooSmall else { return nil }
      number = sum
    }
    guard !isNegative else { return number }
    return number == .min ? nil : -number
  }

  /// A decimal of few digits; nil for every other.
  fileprivate var short: JSONNumber? {
    guard digits.count <= 18, let point = point.word,
      let exponent = Int32(exactly: point - digits.count)
    else { return nil }
    let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1) }
    return .short(digits: isNegative ? -value : value, exponent: exponent)
  }
}
