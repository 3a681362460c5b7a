internal import Glibc

/// A number as decimal digits, exact and of any size: `0.d₁d₂…dₖ × 10ⁿ` without a zero at either end; no digits is 0.
package struct DecimalNumber: Sendable, Hashable {
  /// Whether it is below zero.
  package private(set) var isNegative = false
  /// The digits, 0 to 9.
  package private(set) var digits: [UInt8] = []
  /// Where the point is: behind so many of the digits.
  package private(set) var point = DecimalExponent(0)

  /// Reads a number as JSON, C or Swift writes it; what is no number is read as far as it is one.
  package init(_ text: some Sequence<UInt8>) {
    var point = 0
    var exponent: [UInt8] = []
    var isExponentNegative = false
    var part = Part.whole
    for byte in text {
      switch byte {
      case ASCII.zero...(ASCII.zero &+ 9):
        let digit = byte &- ASCII.zero
        if part == .exponent {
          exponent.append(digit)
          continue
        }
        let isLeading = digits.isEmpty && digit == 0
        if part == .whole, !isLeading { point &+= 1 }
        if part == .fraction, isLeading { point &-= 1 }
        if !isLeading { digits.append(digit) }
      case ASCII.minus:
        if part == .exponent { isExponentNegative = true } else { isNegative = true }
      case UInt8(ascii: "."): part = .fraction
      case UInt8(ascii: "e"), UInt8(ascii: "E"): part = .exponent
      default: break
      }
    }
    while digits.last == 0 { digits.removeLast() }
    guard !digits.isEmpty else {
      // There is one zero.
      isNegative = false
      return
    }
    self.point = DecimalExponent(digits: exponent, isNegative: isExponentNegative).adding(point)
  }

  private enum Part { case whole, fraction, exponent }

  /// A double as exactly as so many digits say it.
  init(_ number: Double, digits count: Int) {
    var text = [CChar](repeating: 0, count: count + 32)
    let capacity = text.count
    let length = withVaList([Int32(clamping: count - 1), number]) {
      vsnprintf(&text, capacity, "%.*e", $0)
    }
    self.init(text.prefix(Int(max(length, 0))).map { UInt8(bitPattern: $0) })
  }

  /// The number as ECMAScript's `Number::toString` writes it (ECMA-262, 6.1.6.1.20): without an exponent from
  /// 10⁻⁶ to below 10²¹, and with one beside that.
  package var scriptText: String {
    guard !digits.isEmpty else { return "0" }
    let sign = isNegative ? "-" : ""
    let text = String(decoding: digits.map { $0 &+ ASCII.zero }, as: UTF8.self)
    let count = digits.count
    switch point.word {
    case .some(let point) where count <= point && point <= 21:
      return sign + text + String(repeating: "0", count: point - count)
    case .some(let point) where (1...21).contains(point):
      return sign + text.prefix(point) + "." + text.dropFirst(point)
    case .some(let point) where (-5...0).contains(point):
      return sign + "0." + String(repeating: "0", count: -point) + text
    default:
      let exponent = point.adding(-1)
      let fraction = count > 1 ? "." + text.dropFirst() : ""
      return sign + text.prefix(1) + fraction + (exponent < DecimalExponent(0) ? "e" : "e+")
        + exponent.text
    }
  }
}

extension DecimalNumber: Comparable {
  package static func < (left: Self, right: Self) -> Bool {
    if left.digits.isEmpty || right.digits.isEmpty || left.isNegative != right.isNegative {
      return left.sign < right.sign
    }
    return left.isNegative ? isCloser(right, left) : isCloser(left, right)
  }

  /// Whether a number is closer to zero than another; neither is zero.
  private static func isCloser(_ left: Self, _ right: Self) -> Bool {
    left.point == right.point
      ? left.digits.lexicographicallyPrecedes(right.digits) : left.point < right.point
  }

  private var sign: Int { digits.isEmpty ? 0 : isNegative ? -1 : 1 }
}

extension DecimalNumber {
  /// Up to so many digits, and between these exponents, each number is that of a double and of no other
  /// (IEEE 754: 15 digits survive the way to a double and back).
  private static let certainDigits = 15
  private static let certainPoints = -290...300
  /// Every double has a text of so many digits, and programs write them all, or others that are read as the
  /// same.
  private static let fractionDigits = 17
  /// A double has at most 767 digits.
  private static let mostDigits = 767

  /// The number as it is written where all numbers are doubles.
  ///
  /// A double holds a number when it is that number, written with as many digits as the number has. A fraction
  /// of up to 17 digits stands for the double that is nearest, as RFC 8785's own example has it, as long as it
  /// stays one: no whole number, such as an id, is ever taken for another.
  ///
  /// - Parameter written: a number of JSON.
  /// - Returns: nil when no double holds it.
  static func scriptText(of written: some Collection<UInt8>) -> String? {
    guard let double = Double(String(decoding: written, as: UTF8.self)), double.isFinite else {
      return nil
    }
    let number = DecimalNumber(written)
    guard !number.digits.isEmpty else { return "0" }
    guard number.isHeld(by: double) else { return nil }
    return scriptText(of: double)
  }

  private func isHeld(by double: Double) -> Bool {
    if let point = point.word, Self.certainPoints.contains(point) {
      if digits.count <= Self.certainDigits { return true }
      let isFraction = point < digits.count && double != double.rounded()
      if digits.count <= Self.fractionDigits, isFraction { return true }
    }
    return digits.count <= Self.mostDigits
      && DecimalNumber(double, digits: digits.count) == self
  }

  /// A double with the fewest digits that tell it from every other.
  static func scriptText(of double: Double) -> String {
    DecimalNumber(double.description.utf8).scriptText
  }
}
