internal import CloakroomCore

/// Names in the order of their scores, and of their bytes where scores are equal.
///
/// In chunks of bounded length, so that a change moves a chunk's worth of names and no more, however many
/// there are.
struct SortedNames: MemoryCharged {
  /// What a name costs beside its bytes: its places in the order and among the scores.
  private static let overhead = 192
  /// How many names a chunk has at most; one that is full is cut in halves.
  private static let chunkLength = 256

  /// Ascending; none is empty.
  private var chunks: [[IndexedName]] = []
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
    guard !chunks.isEmpty else { return chunks.append([entry]) }
    let chunk = chunk(for: entry)
    let place = Self.place(of: entry, in: chunks[chunk])
    chunks[chunk].insert(entry, at: place)
    guard chunks[chunk].count > Self.chunkLength else { return }
    let upper = Array(chunks[chunk].suffix(Self.chunkLength / 2))
    chunks[chunk].removeLast(upper.count)
    chunks.insert(upper, at: chunk + 1)
  }

  /// Removes a name.
  ///
  /// - Returns: whether it was there.
  @discardableResult
  mutating func remove(_ name: ByteString) -> Bool {
    guard let score = scores.removeValue(forKey: name) else { return false }
    bytes -= Self.cost(of: name)
    let entry = IndexedName(name.text, score: score)
    let chunk = chunk(for: entry)
    let place = Self.place(of: entry, in: chunks[chunk])
    guard place < chunks[chunk].count, chunks[chunk][place] == entry else { return true }
    chunks[chunk].remove(at: place)
    if chunks[chunk].isEmpty { chunks.remove(at: chunk) }
    return true
  }

  /// The names before an entry, the last first.
  func page(before end: IndexedName?, count: Int) -> [IndexedName] {
    guard count > 0, !chunks.isEmpty else { return [] }
    var page: [IndexedName] = []
    var chunk = end.map { self.chunk(for: $0) } ?? chunks.count - 1
    var place = end.map { Self.place(of: $0, in: chunks[chunk]) } ?? chunks[chunk].count
    while page.count < count {
      if place > 0 {
        place -= 1
        page.append(chunks[chunk][place])
      } else {
        guard chunk > 0 else { break }
        chunk -= 1
        place = chunks[chunk].count
      }
    }
    return page
  }

  /// The last chunk that begins no later than an entry, or else the first. There is one at least.
  private func chunk(for entry: IndexedName) -> Int {
    max(0, Self.firstPlace(in: chunks.count) { chunks[$0][0] > entry } - 1)
  }

  /// Where an entry is in a chunk, or would be.
  private static func place(of entry: IndexedName, in chunk: [IndexedName]) -> Int {
    firstPlace(in: chunk.count) { chunk[$0] >= entry }
  }

  /// The first place for which something holds that holds for all behind it.
  private static func firstPlace(in count: Int, where holds: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
