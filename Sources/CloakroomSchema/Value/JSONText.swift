internal import CloakroomWire

/// A JSON string as its UTF-8 bytes. Two are equal when their code points are: Swift's strings
/// compare by canonical equivalence, which JSON Schema does not.
struct JSONText: Sendable, Hashable {
  /// Valid UTF-8.
  let utf8: [UInt8]

  init(utf8: [UInt8]) { self.utf8 = utf8 }

  init(_ text: some StringProtocol) { utf8 = Array(text.utf8) }

  func hash(into hasher: inout Hasher) {
    utf8.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  /// The text as a string.
  var string: String { String(decoding: utf8, as: UTF8.self) }
}

/// The name of a member that a schema speaks of, which is found in a document's objects by its hash.
struct MemberName: Sendable {
  /// Valid UTF-8.
  let utf8: [UInt8]
  let hash: UInt64

  init(_ utf8: [UInt8]) {
    self.utf8 = utf8
    hash = JSONHash.of(utf8)
  }

  /// The name as a string.
  var string: String { String(decoding: utf8, as: UTF8.self) }
}

/// Names that members of a document are looked up in, each with a number.
struct MemberTable: Sendable {
  private let names: [MemberName]
  private let numbers: [Int]
  /// The index of a name plus one; 0 is free.
  private let places: [UInt32]

  /// A table of names, each of which comes once.
  init(_ entries: [(name: MemberName, number: Int)]) {
    names = entries.map(\.name)
    numbers = entries.map(\.number)
    var places = [UInt32](
      repeating: 0, count: 1 << (Int.bitWidth - (entries.count * 3 / 2).leadingZeroBitCount))
    for (index, entry) in entries.enumerated() {
      var place = Int(truncatingIfNeeded: entry.name.hash) & (places.count - 1)
      while places[place] > 0 { place = (place + 1) & (places.count - 1) }
      places[place] = UInt32(clamping: index + 1)
    }
    self.places = places
  }

  /// Whether there is none.
  var isEmpty: Bool { names.isEmpty }

  /// The numbers of all names.
  var values: [Int] { numbers }

  /// The number of the name that a node of a document is; nil for one that is not among these.
  func number(of name: Int, in document: ParsedJSON) -> Int? {
    guard !names.isEmpty else { return nil }
    // The lower half of its hash, which is more than there are places.
    let node = document.nodes[name]
    var place = Int(node.count) & (places.count - 1)
    while places[place] > 0 {
      let index = Int(places[place]) - 1
      if UInt32(truncatingIfNeeded: names[index].hash) == node.count,
        names[index].utf8.count == node.byteCount,
        ParsedJSON.areEqual(document.text(of: name), names[index].utf8[...])
      {
        return numbers[index]
      }
      place = (place + 1) & (places.count - 1)
    }
    return nil
  }

  /// How much memory it takes, in bytes, about.
  var memoryBytes: Int {
    names.reduce(places.count * 4) { $0 + 32 + 48 + $1.utf8.count }
  }
}
