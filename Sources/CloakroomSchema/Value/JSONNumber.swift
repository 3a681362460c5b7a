/// A JSON number: an integer of 64 bits, or an IEEE 754 double.
enum JSONNumber: Sendable, Hashable {
  case integer(Int64)
  /// Finite, and no integer of 64 bits.
  case real(Double)

  /// The number that a finite double is: 1.0 is the integer 1.
  init(_ value: Double) {
    if let integer = Int64(exactly: value) {
      self = .integer(integer)
    } else {
      self = .real(value)
    }
  }

  /// The number as JSON.
  var text: String {
    switch self {
    case .integer(let value): String(value)
    case .real(let value): value.description
    }
  }

  /// Whether the number has no fraction.
  var isInteger: Bool {
    switch self {
    case .integer: true
    case .real(let value): value.rounded(.towardZero) == value
    }
  }
}

extension JSONNumber: Comparable {
  static func < (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): left < right
    case (.real(let left), .real(let right)): left < right
    case (.integer(let left), .real(let right)): Self.isLess(left, right)
    case (.real(let left), .integer(let right)): !Self.isLess(right, left)
    }
  }

  /// Compares without rounding the integer to a double. The two are never equal.
  private static func isLess(_ integer: Int64, _ real: Double) -> Bool {
    guard let floor = Int64(exactly: real.rounded(.down)) else { return real > 0 }
    return integer <= floor
  }
}
