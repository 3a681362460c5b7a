internal import CloakroomWire

/// A JSON number, exactly as it is written and of any size.
enum JSONNumber: Sendable, Hashable {
  /// A whole number of 64 bits, however it is written: 1.0 is the integer 1.
  case integer(Int64)
  /// Any other.
  case decimal(DecimalNumber)

  /// Reads a number that a scanner has found.
  init(_ text: RawSpan, _ range: ByteRange) {
    if let integer = CloakroomWire.JSONNumber.wholeNumber(text, range) {
      self = .integer(integer)
      return
    }
    let decimal = text.extracting(range.offsets).withUnsafeBytes { DecimalNumber($0) }
    self = decimal.wholeNumber.map { .integer($0) } ?? .decimal(decimal)
  }

  /// The number as digits.
  var decimal: DecimalNumber {
    switch self {
    case .integer(let value): DecimalNumber(String(value).utf8)
    case .decimal(let decimal): decimal
    }
  }

  /// The number for people, of a reasonable length.
  var text: String {
    switch self {
    case .integer(let value): return String(value)
    case .decimal(let decimal):
      guard decimal.digits.count <= Self.longestShown, decimal.point.word != nil else {
        return "what the schema says"
      }
      return decimal.scriptText
    }
  }

  private static let longestShown = 40

  /// Whether the number has no fraction.
  var isInteger: Bool {
    switch self {
    case .integer: true
    case .decimal(let decimal): decimal.point >= DecimalExponent(decimal.digits.count)
    }
  }

  /// What it costs to look at all of it, in steps of a validation.
  var weight: Int {
    switch self {
    case .integer: 1
    case .decimal(let decimal): 1 + decimal.digits.count / 64
    }
  }
}

extension JSONNumber: Comparable {
  static func < (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): left < right
    default: left.decimal < right.decimal
    }
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
}
