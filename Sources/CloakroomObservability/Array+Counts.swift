extension [UInt64] {
  /// As many counts of nothing.
  static func zeros(_ count: Int) -> [UInt64] {
    [UInt64](repeating: 0, count: count)
  }

  /// Adds another array of counts, place by place.
  mutating func add(_ other: [UInt64]) {
    for index in 0..<Swift.min(count, other.count) {
      self[index] &+= other[index]
    }
  }
}
