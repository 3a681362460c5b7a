/// A power of ten, exact whatever it is: JSON bounds neither a number's exponent nor its digits.
///
/// Most are a word. One that isn't is kept by its digits, and costs what these take and no more: `1e999999999`
/// is never written out.
package struct DecimalExponent: Sendable, Hashable {
  /// One or the other for each exponent, so that equal ones are kept alike.
  private enum Value: Sendable, Hashable {
    /// Of fewer than 19 digits.
    case word(Int)
    /// Of 19 digits or more, 0 to 9 each, the first not 0.
    case digits([UInt8], isNegative: Bool)
  }

  /// The least magnitude that has 19 digits.
  private static let bound = 1_000_000_000_000_000_000
  private static let wordDigits = 18

  private let value: Value

  /// A small one.
  package init(_ word: Int) {
    if word.magnitude < Self.bound.magnitude {
      value = .word(word)
    } else {
      value = .digits(Self.digits(of: word.magnitude), isNegative: word < 0)
    }
  }

  /// One that is written in digits, 0 to 9 each.
  package init(digits: some Collection<UInt8>, isNegative: Bool) {
    let digits = digits.drop { $0 == 0 }
    if digits.count <= Self.wordDigits {
      let magnitude = digits.reduce(0) { $0 &* 10 &+ Int($1) }
      value = .word(isNegative ? -magnitude : magnitude)
    } else {
      value = .digits(Array(digits), isNegative: isNegative)
    }
  }

  /// The exponent, where it has fewer than 19 digits.
  package var word: Int? {
    if case .word(let word) = value { word } else { nil }
  }

  /// The exponent in digits.
  package var text: String {
    switch value {
    case .word(let word): String(word)
    case .digits(let digits, let isNegative):
      (isNegative ? "-" : "")
        + String(decoding: digits.map { $0 &+ ASCII.zero }, as: UTF8.self)
    }
  }

  /// What comes so much higher, or lower.
  ///
  /// - Parameter step: the length of a text at most.
  package func adding(_ step: Int) -> DecimalExponent {
    switch value {
    // Neither is near to a word's end.
    case .word(let word): return DecimalExponent(word &+ step)
    case .digits(var digits, let isNegative):
      if (step < 0) == isNegative {
        Self.add(Int(step.magnitude), to: &digits)
      } else {
        Self.subtract(Int(step.magnitude), from: &digits)
      }
      return DecimalExponent(digits: digits, isNegative: isNegative)
    }
  }

  /// By how much it is above another, or `limit` where it is more; nil where it is below.
  package func excess(over other: DecimalExponent, atMost limit: Int) -> Int? {
    guard self >= other else { return nil }
    guard self < other.adding(limit) else { return limit }
    // They are near to each other: their last digits say how near.
    let difference = residue &- other.residue
    return difference < 0 ? difference &+ Self.bound : difference
  }

  /// The rest of a division by a 1 and 18 zeros, which is never negative.
  private var residue: Int {
    let rest =
      switch value {
      case .word(let word): word
      case .digits(let digits, let isNegative):
        digits.suffix(Self.wordDigits).reduce(0) { $0 &* 10 &+ Int($1) } &* (isNegative ? -1 : 1)
      }
    return rest < 0 ? rest &+ Self.bound : rest
  }

  // MARK: Digits

  private static func digits(of magnitude: UInt) -> [UInt8] {
    String(magnitude).utf8.map { $0 &- ASCII.zero }
  }

  private static func add(_ number: Int, to digits: inout [UInt8]) {
    var carry = number
    var place = digits.count
    while carry > 0 {
      if place == 0 {
        digits.insert(UInt8(carry % 10), at: 0)
      } else {
        place -= 1
        carry += Int(digits[place])
        digits[place] = UInt8(carry % 10)
      }
      carry /= 10
    }
  }

  /// The number is less than what it is taken from.
  private static func subtract(_ number: Int, from digits: inout [UInt8]) {
    var borrow = number
    var place = digits.count
    while borrow > 0, place > 0 {
      place -= 1
      let difference = Int(digits[place]) - borrow % 10
      borrow = borrow / 10 + (difference < 0 ? 1 : 0)
      digits[place] = UInt8(difference < 0 ? difference + 10 : difference)
    }
  }
}

extension DecimalExponent: Comparable {
  package static func < (left: Self, right: Self) -> Bool {
    switch (left.value, right.value) {
    case (.word(let left), .word(let right)): left < right
    case (.word, .digits(_, let isNegative)): !isNegative
    case (.digits(_, let isNegative), .word): isNegative
    case (.digits(let left, let isNegative), .digits(let right, let isOtherNegative)):
      if isNegative != isOtherNegative {
        isNegative
      } else if isNegative {
        isLess(right, left)
      } else {
        isLess(left, right)
      }
    }
  }

  private static func isLess(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
  }
}
