internal import CloakroomWire

extension JSONNumber {
  /// Whether the number is a whole multiple of another, which is above zero. In decimal: as doubles, 19.99 is no
  /// multiple of 0.01.
  ///
  /// - Parameter budget: the steps that are left; less afterwards.
  func isMultiple(of divisor: JSONNumber, _ budget: inout Budget) throws(SchemaFault) -> Bool {
    if let isMultiple = isShortMultiple(of: divisor) { return isMultiple }
    let (number, divisor) = (decimal, divisor.decimal)
    guard !number.digits.isEmpty else { return true }
    // Both as whole numbers: digits and zeros behind them. Were these zeros fewer than none, the number's digits
    // would have to hold a factor of ten, and they hold none.
    let zeros = number.point.adding(-number.digits.count)
      .excess(
        over: divisor.point.adding(-divisor.digits.count),
        // More zeros make no difference: they bring factors of 2 and of 5 and no others, and the divisor has fewer
        // of each than its digits have bits.
        atMost: 4 * divisor.digits.count)
    guard let zeros else { return false }
    return try DecimalDivision.isWhole(number.digits, zeros, by: divisor.digits, &budget)
  }
}

/// Division of whole numbers that are given by their decimal digits, as it is done by hand, with nine digits for
/// one (Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithm D).
enum DecimalDivision {
  private static let base: UInt64 = 1_000_000_000
  private static let width = 9

  /// Whether nothing is left when a number is divided by another.
  ///
  /// - Parameters:
  ///   - digits: the number's, 0 to 9 each, the first not 0.
  ///   - zeros: how many zeros there are behind them.
  ///   - divisor: the other's digits, likewise.
  static func isWhole(
    _ digits: [UInt8], _ zeros: Int, by divisor: [UInt8], _ budget: inout Budget
  ) throws(SchemaFault) -> Bool {
    let length = (digits.count + zeros) / width + 1
    // About eight of the inner steps take as long as one of a validation.
    try budget.spend(8 + length * (divisor.count / width + 1) / 8)
    var rest = places(digits, zeros)
    var divisor = places(divisor, 0)
    if divisor.count == 1 {
      return rest.reversed().reduce(0) { ($0 * base + $1) % divisor[0] } == 0
    }
    guard rest.count >= divisor.count, let first = divisor.last else { return false }
    // So that the estimate of each place of the quotient is at most two too high.
    let scale = base / (first + 1)
    rest.append(multiply(&rest, by: scale))
    _ = multiply(&divisor, by: scale)
    for place in (0..<rest.count - divisor.count).reversed() {
      subtract(divisor, from: &rest, at: place)
    }
    return rest.allSatisfy { $0 == 0 }
  }

  /// The number in places of nine digits, the lowest first.
  private static func places(_ digits: [UInt8], _ zeros: Int) -> [UInt64] {
    var places = [UInt64](repeating: 0, count: (digits.count + zeros + width - 1) / width)
    for (index, digit) in digits.enumerated() {
      let place = (digits.count - 1 - index + zeros) / width
      places[place] = places[place] * 10 + UInt64(digit)
    }
    // The digits of the lowest place that has any are followed by zeros of the same place.
    for _ in 0..<zeros % width { places[zeros / width] *= 10 }
    return places
  }

  /// - Returns: what doesn't fit any more.
  private static func multiply(_ number: inout [UInt64], by factor: UInt64) -> UInt64 {
    var carry: UInt64 = 0
    for place in number.indices {
      let product = number[place] * factor + carry
      number[place] = product % base
      carry = product / base
    }
    return carry
  }

  /// Takes a divisor as often as it goes from the places of a number from `place` on.
  private static func subtract(_ divisor: [UInt64], from rest: inout [UInt64], at place: Int) {
    let count = divisor.count
    let (first, second) = (divisor[count - 1], divisor[count - 2])
    let head = rest[place + count] * base + rest[place + count - 1]
    var times = head / first
    var left = head % first
    while times >= base || times * second > left * base + rest[place + count - 2] {
      times -= 1
      left += first
      if left >= base { break }
    }
    guard times > 0 else { return }
    var carry: UInt64 = 0
    var borrow: UInt64 = 0
    for index in 0...count {
      let product = (index < count ? times * divisor[index] : 0) + carry
      carry = product / base
      let taken = product % base + borrow
      borrow = rest[place + index] < taken ? 1 : 0
      rest[place + index] = rest[place + index] + borrow * base - taken
    }
    guard borrow > 0 else { return }
    // It was taken once too often.
    carry = 0
    for index in 0...count {
      let sum = rest[place + index] + (index < count ? divisor[index] : 0) + carry
      carry = sum / base
      rest[place + index] = sum % base
    }
  }
}
