internal import CloakroomCore

/// Names in the order of their scores, and of their bytes where scores are equal.
struct SortedNames: MemoryCharged {
  /// What a name costs beside its bytes: its places in the order and among the scores.
  private static let overhead = 192

  private var order = SortedChunks<IndexedName>()
  private var scores: [ByteString: Int64] = [:]
  private var bytes = 0

  /// How many names there are.
  var count: Int { scores.count }

  /// What it is charged for beside its key, in bytes.
  var cost: Int { Self.overhead + bytes }

  /// What it would be charged more for with a name in it.
  func addedCost(of name: ByteString) -> Int { scores[name] == nil ? Self.cost(of: name) : 0 }

  private static func cost(of name: ByteString) -> Int { overhead + name.text.utf8.count }

  /// Adds a name, or moves it.
  mutating func insert(_ entry: IndexedName) {
    if let score = scores[entry.name] {
      guard score != entry.score else { return }
      remove(entry.name)
    }
    scores[entry.name] = entry.score
    bytes += Self.cost(of: entry.name)
    order.insert(entry)
  }

  /// Removes a name.
  ///
  /// - Returns: whether it was there.
  @discardableResult
  mutating func remove(_ name: ByteString) -> Bool {
    guard let score = scores.removeValue(forKey: name) else { return false }
    bytes -= Self.cost(of: name)
    order.remove(IndexedName(name.text, score: score))
    return true
  }

  /// The names before an entry, the last first.
  func page(before end: IndexedName?, count: Int) -> [IndexedName] {
    order.page(before: end, count: count)
  }
}
