/// The magnitude of a number in decimal, `digits` · 10^`exponent`, with no zero at the end of the
/// digits.
///
/// `multipleOf` is decided in decimal: as doubles, 19.99 is no multiple of 0.01. A double stands
/// for the shortest decimal that reads as it, which is the very number that was written if that
/// had no more than 15 digits (and at most 17 digits in any case, so they fit into 64 bits).
struct DecimalNumber: Sendable, Equatable {
  private(set) var digits: UInt64
  private(set) var exponent: Int

  init(_ number: JSONNumber) {
    switch number {
    case .integer(let value):
      digits = value.magnitude
      exponent = 0
    case .real(let value):
      (digits, exponent) = Self.parse(value.magnitude.description)
    }
    while digits != 0, digits % 10 == 0 {
      digits /= 10
      exponent += 1
    }
  }

  /// Reads what `Double.description` writes: digits, a point, digits, an exponent.
  private static func parse(_ text: String) -> (digits: UInt64, exponent: Int) {
    var digits: UInt64 = 0
    var fraction = 0
    var isFraction = false
    let parts = text.split(separator: "e", maxSplits: 1)
    for byte in (parts.first ?? "").utf8 {
      if byte == UInt8(ascii: ".") {
        isFraction = true
        continue
      }
      digits = digits &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
      fraction += isFraction ? 1 : 0
    }
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    return (digits, exponent - fraction)
  }

  /// Whether the number is a whole multiple of another, which is not zero.
  func isMultiple(of divisor: Self) -> Bool {
    guard digits != 0 else { return true }
    let shift = exponent - divisor.exponent
    // Were the shift below zero, the digits would have to hold a factor of ten, and they hold none.
    guard shift >= 0 else { return false }
    // digits · 10^shift modulo the divisor's digits.
    let modulus = divisor.digits
    return Self.product(
      digits % modulus, Self.powerOfTen(shift, modulo: modulus), modulo: modulus) == 0
  }

  private static func product(_ left: UInt64, _ right: UInt64, modulo: UInt64) -> UInt64 {
    // Both factors are below the modulus, so the high word is too, as the division wants it.
    modulo.dividingFullWidth(left.multipliedFullWidth(by: right)).remainder
  }

  private static func powerOfTen(_ exponent: Int, modulo: UInt64) -> UInt64 {
    var power = 1 % modulo
    var square = 10 % modulo
    var rest = exponent
    while rest > 0 {
      if rest % 2 == 1 { power = product(power, square, modulo: modulo) }
      square = product(square, square, modulo: modulo)
      rest /= 2
    }
    return power
  }
}
