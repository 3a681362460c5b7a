/// Which members of an object, or elements of an array, keywords have been applied to; by index.
struct Marks {
  private var words: [UInt64] = []

  /// What it costs to look at all of them, in steps of a validation.
  var weight: Int { 1 + words.count / 8 }

  func contains(_ index: Int) -> Bool {
    index / 64 < words.count && words[index / 64] >> UInt64(index % 64) & 1 == 1
  }

  mutating func insert(_ index: Int) {
    reserve(index / 64 + 1)
    words[index / 64] |= 1 << UInt64(index % 64)
  }

  mutating func formUnion(_ other: Self) {
    reserve(other.words.count)
    for (index, word) in other.words.enumerated() { words[index] |= word }
  }

  private mutating func reserve(_ count: Int) {
    guard words.count < count else { return }
    words.append(contentsOf: repeatElement(0, count: count - words.count))
  }
}
