/// What subschemas that several ways lead to have come to, by the value that they were applied to.
struct ValidationMemory {
  /// What an application has come to.
  struct Result {
    let isValid: Bool
    /// What was applied to which of the value's children; nil if nobody asked.
    let marks: Marks?
  }

  private struct Key: Hashable {
    let id: Int32
    let node: Int32

    func hash(into hasher: inout Hasher) {
      hasher.combine(Int(id) << 32 | Int(node))
    }
  }

  private struct Entry {
    var isValid: Bool
    /// Whether what is wrong was not to be told.
    var isQuiet: Bool
    /// Where its marks are; below zero for none.
    var marks: Int32
  }

  /// How many words marks may take together: what is not kept is found out again.
  private static let mostWords = 1 << 18

  private var entries: [Key: Entry] = [:]
  private var marks: [Marks] = []
  private var words = 0

  /// What an application has come to; nil if it isn't known.
  ///
  /// - Parameters:
  ///   - isMarked: whether it is asked what was applied to the value's children.
  ///   - isQuiet: whether it is not to be told what is wrong.
  func result(of id: Int, at node: Int, marked isMarked: Bool, _ isQuiet: Bool) -> Result? {
    guard let entry = entries[Key(id: Int32(clamping: id), node: Int32(clamping: node))] else {
      return nil
    }
    guard entry.isValid else {
      // What is wrong has been told if it was to be told.
      return entry.isQuiet && !isQuiet ? nil : Result(isValid: false, marks: nil)
    }
    guard isMarked else { return Result(isValid: true, marks: nil) }
    guard entry.marks >= 0 else { return nil }
    return Result(isValid: true, marks: marks[Int(entry.marks)])
  }

  /// Keeps what an application has come to.
  mutating func keep(
    _ isValid: Bool, of id: Int, at node: Int, _ marks: Marks?, _ isQuiet: Bool
  ) {
    var place: Int32 = -1
    if isValid, let marks, words + marks.wordCount <= Self.mostWords {
      words += marks.wordCount
      place = Int32(clamping: self.marks.count)
      self.marks.append(marks)
    }
    let key = Key(id: Int32(clamping: id), node: Int32(clamping: node))
    // One that nobody asked for the marks of doesn't take the place of one that has them.
    if isValid, place < 0, entries[key]?.isValid == true { return }
    entries[key] = Entry(isValid: isValid, isQuiet: isQuiet, marks: place)
  }
}

/// Which members of an object, or elements of an array, keywords have been applied to; by index.
struct Marks {
  private var words: [UInt64] = []

  /// What it costs to look at all of them, in steps of a validation.
  var weight: Int { 1 + words.count / 8 }

  /// How many words they take.
  var wordCount: Int { words.count }

  func contains(_ index: Int) -> Bool {
    index / 64 < words.count && words[index / 64] >> UInt64(index % 64) & 1 == 1
  }

  mutating func insert(_ index: Int) {
    reserve(index / 64 + 1)
    words[index / 64] |= 1 << UInt64(index % 64)
  }

  mutating func formUnion(_ other: Self) {
    if words.isEmpty {
      words = other.words
      return
    }
    reserve(other.words.count)
    for (index, word) in other.words.enumerated() { words[index] |= word }
  }

  private mutating func reserve(_ count: Int) {
    guard words.count < count else { return }
    words.append(contentsOf: repeatElement(0, count: count - words.count))
  }
}
