/// A set of code points, as a class of a pattern describes it.
struct CodePointSet: Sendable, Hashable {
  /// Sorted, with gaps between them.
  private let ranges: [ClosedRange<UInt32>]
  private let categories: GeneralCategories
  private let isInverted: Bool
  /// The answers for U+0000 to U+003F, one bit each, and for U+0040 to U+007F.
  private let low: UInt64
  private let high: UInt64

  init(
    _ ranges: [ClosedRange<UInt32>], categories: GeneralCategories = [], isInverted: Bool = false
  ) {
    let merged = ranges.count > 1 ? Self.merge(ranges) : ranges
    self.ranges = merged
    self.categories = categories
    self.isInverted = isInverted
    var low: UInt64 = 0
    var high: UInt64 = 0
    for range in merged where range.lowerBound < 128 {
      for point in range.lowerBound...min(range.upperBound, 127) {
        if point < 64 { low |= 1 << UInt64(point) } else { high |= 1 << UInt64(point - 64) }
      }
    }
    if !categories.isEmpty {
      for point in UInt32(0)..<128
      where !categories.isDisjoint(with: GeneralCategories.ofASCII[Int(point)]) {
        if point < 64 { low |= 1 << UInt64(point) } else { high |= 1 << UInt64(point - 64) }
      }
    }
    self.low = isInverted ? ~low : low
    self.high = isInverted ? ~high : high
  }

  /// Which of U+0000 to U+007F are in the set, one bit each.
  var ascii: (low: UInt64, high: UInt64) { (low, high) }

  /// How much memory it takes, in bytes, about.
  var memoryBytes: Int { MemoryLayout<Self>.stride + 32 + ranges.count * 8 }

  /// Whether a code point is in the set.
  func contains(_ point: UInt32) -> Bool {
    if point < 64 { return low >> UInt64(point) & 1 == 1 }
    if point < 128 { return high >> UInt64(point - 64) & 1 == 1 }
    return Self.holds(point, ranges, categories) != isInverted
  }

  /// What the ranges leave out.
  static func complement(of ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var gaps: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in merge(ranges) {
      if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
      next = range.upperBound + 1
    }
    if next <= lastPoint { gaps.append(next...lastPoint) }
    return gaps
  }

  private static func merge(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var merged: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    return merged
  }

  private static func holds(
    _ point: UInt32, _ ranges: [ClosedRange<UInt32>], _ categories: GeneralCategories
  ) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < point { low = middle + 1 } else { high = middle }
    }
    if low < ranges.count, ranges[low].contains(point) { return true }
    return !categories.isEmpty && categories.contains(GeneralCategories(of: point))
  }
}

extension CodePointSet {
  /// The last code point there is.
  static let lastPoint: UInt32 = 0x10FFFF
  /// `\d`
  static let digits: [ClosedRange<UInt32>] = [0x30...0x39]
  /// `\w`
  static let wordCharacters: [ClosedRange<UInt32>] = [
    0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A,
  ]
  /// `\s`: ECMA-262's WhiteSpace and LineTerminator.
  static let spaces: [ClosedRange<UInt32>] = [
    0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
    0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
  ]
  /// What `.` leaves out: ECMA-262's LineTerminator.
  static let lineTerminators: [ClosedRange<UInt32>] = [0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029]
}
