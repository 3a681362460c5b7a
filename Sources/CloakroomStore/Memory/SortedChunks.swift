/// Elements in their order, each of which is there once.
///
/// In chunks of bounded length, so that a change moves a chunk's worth of elements and no more, however many
/// there are.
struct SortedChunks<Element: Comparable & Sendable>: Sendable {
  /// How many elements a chunk has at most; one that is full is cut in halves.
  private static var chunkLength: Int { 256 }

  /// Ascending; none is empty.
  private var chunks: [[Element]] = []

  /// The lowest.
  var first: Element? { chunks.first?.first }

  /// Adds an element that is not there.
  mutating func insert(_ element: Element) {
    guard !chunks.isEmpty else { return chunks.append([element]) }
    let chunk = chunk(for: element)
    chunks[chunk].insert(element, at: Self.place(of: element, in: chunks[chunk]))
    guard chunks[chunk].count > Self.chunkLength else { return }
    let upper = Array(chunks[chunk].suffix(Self.chunkLength / 2))
    chunks[chunk].removeLast(upper.count)
    chunks.insert(upper, at: chunk + 1)
  }

  /// Removes an element, if it is there.
  mutating func remove(_ element: Element) {
    guard !chunks.isEmpty else { return }
    let chunk = chunk(for: element)
    let place = Self.place(of: element, in: chunks[chunk])
    guard place < chunks[chunk].count, chunks[chunk][place] == element else { return }
    chunks[chunk].remove(at: place)
    if chunks[chunk].isEmpty { chunks.remove(at: chunk) }
  }

  /// The lowest, as many as are asked for and as a condition holds for all of.
  func prefix(_ count: Int, while holds: (Element) -> Bool = { _ in true }) -> [Element] {
    var found: [Element] = []
    for chunk in chunks {
      for element in chunk {
        guard found.count < count, holds(element) else { return found }
        found.append(element)
      }
    }
    return found
  }

  /// Those before an element, which need not be there, the last first; of all where none is given.
  func page(before end: Element?, count: Int) -> [Element] {
    guard count > 0, !chunks.isEmpty else { return [] }
    var page: [Element] = []
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

  /// The last chunk that begins no later than an element, or else the first. There is one at least.
  private func chunk(for element: Element) -> Int {
    max(0, Self.firstPlace(in: chunks.count) { chunks[$0][0] > element } - 1)
  }

  /// Where an element is in a chunk, or would be.
  private static func place(of element: Element, in chunk: [Element]) -> Int {
    firstPlace(in: chunk.count) { chunk[$0] >= element }
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
