/// The names of a patch's members at one place, by what they stand for: each is found in a moment, however many
/// there are.
struct PatchNames {
  private struct Entry {
    let start: Int
    let end: Int
    let hash: UInt32
  }

  private var bytes: [UInt8] = []
  private var entries: [Entry] = []
  /// The number of an entry plus one; 0 is free.
  private var places: [UInt32] = [0, 0, 0, 0]
  private var scratch: [UInt8] = []

  /// How many names there are.
  var count: Int { entries.count }

  /// The number of a name, which it is given when it comes for the first time.
  mutating func number(of name: ByteRange, _ hasEscapes: Bool, in text: RawSpan) -> Int {
    decode(name, hasEscapes, in: text)
    let hash = UInt32(truncatingIfNeeded: JSONHash.of(scratch))
    let place = place(hash, scratch.span.bytes, 0, scratch.count)
    if places[place] > 0 { return Int(places[place]) - 1 }
    entries.append(Entry(start: bytes.count, end: bytes.count + scratch.count, hash: hash))
    bytes += scratch
    places[place] = UInt32(clamping: entries.count)
    if entries.count * 2 > places.count { grow() }
    return entries.count - 1
  }

  /// The number of a name; nil for one that is not among these.
  mutating func find(_ name: ByteRange, _ hasEscapes: Bool, in text: RawSpan) -> Int? {
    guard !entries.isEmpty else { return nil }
    let place: Int
    if hasEscapes {
      decode(name, true, in: text)
      let hash = UInt32(truncatingIfNeeded: JSONHash.of(scratch))
      place = self.place(hash, scratch.span.bytes, 0, scratch.count)
    } else {
      let hash = UInt32(truncatingIfNeeded: JSONHash.of(text, name.start, name.end))
      place = self.place(hash, text, name.start, name.end)
    }
    return places[place] > 0 ? Int(places[place]) - 1 : nil
  }

  /// Where a name is, or would be.
  private func place(_ hash: UInt32, _ text: RawSpan, _ start: Int, _ end: Int) -> Int {
    let mask = places.count - 1
    var place = Int(hash) & mask
    while places[place] > 0 {
      let entry = entries[Int(places[place]) - 1]
      if entry.hash == hash, entry.end - entry.start == end - start,
        (0..<end - start).allSatisfy({ bytes[entry.start + $0] == text.byte(start + $0) })
      {
        return place
      }
      place = (place + 1) & mask
    }
    return place
  }

  private mutating func grow() {
    places = Array(repeating: 0, count: places.count * 2)
    for (number, entry) in entries.enumerated() {
      var place = Int(entry.hash) & (places.count - 1)
      while places[place] > 0 { place = (place + 1) & (places.count - 1) }
      places[place] = UInt32(clamping: number + 1)
    }
  }

  private mutating func decode(_ name: ByteRange, _ hasEscapes: Bool, in text: RawSpan) {
    scratch.removeAll(keepingCapacity: true)
    do throws(JSONFault) {
      guard hasEscapes else {
        JSONString.append(text, name.start, name.end, to: &scratch)
        return
      }
      try JSONString.decode(text, name, into: &scratch)
    } catch {
      // Half of a surrogate pair: no UTF-8, and equal only to what is written the same way.
      scratch = [0xFF]
      JSONString.append(text, name.start, name.end, to: &scratch)
    }
  }
}
