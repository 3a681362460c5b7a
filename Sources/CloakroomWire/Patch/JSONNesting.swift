/// Where the arrays and objects of a scanned text end, so that none has to be scanned again to get behind it.
///
/// They are counted in the order in which they begin: the first in a text, or in another one, is the one whose
/// number follows.
struct JSONNesting {
  private var ends: [UInt32] = []
  private var behind: [UInt32] = []

  /// Finds them.
  ///
  /// - Parameter text: it has been scanned, so that its brackets match.
  init(_ text: RawSpan) {
    var open: [Int] = []
    var at = 0
    let end = text.byteCount
    while at < end {
      switch text.byte(at) {
      case ASCII.quote:
        guard let string = try? JSONScanner.scanString(text, at &+ 1, end) else { return }
        at = string.end
      case ASCII.leftBrace, ASCII.leftBracket:
        open.append(ends.count)
        ends.append(0)
        behind.append(0)
      case ASCII.rightBrace, ASCII.rightBracket:
        guard let last = open.popLast() else { return }
        ends[last] = UInt32(clamping: at &+ 1)
        behind[last] = UInt32(clamping: ends.count)
      default: break
      }
      at &+= 1
    }
  }

  /// Where one ends, and the number of the first that begins behind it; nil where there is none of that number.
  func end(of number: Int) -> (end: Int, behind: Int)? {
    number < ends.count ? (Int(ends[number]), Int(behind[number])) : nil
  }
}

/// A member of an object within a scanned text.
struct PatchMember {
  /// Its name between the quotes, as it was written.
  let name: ByteRange
  let nameHasEscapes: Bool
  /// Its value's text.
  let value: ByteRange
  /// The number that the value has where it is an array or object.
  let number: Int

  /// From the name's quote to the value's end, if nothing but a colon stands between the two.
  func whole(in text: RawSpan) -> ByteRange? {
    value.start == name.end &+ 2
      ? ByteRange(scanned: name.start &- 1, value.end) : nil
  }
}

/// Goes through the members of one object of a scanned text.
struct PatchMembers {
  private var at: Int
  /// Where the closing brace is.
  private let end: Int
  private var number: Int
  private let nesting: JSONNesting?

  /// The members of an object.
  ///
  /// - Parameters:
  ///   - range: where it is, its braces included.
  ///   - number: the object's own.
  ///   - nesting: where arrays and objects end; without it they are scanned.
  /// - Returns: nil for what is no object.
  init?(of range: ByteRange, _ number: Int, in text: RawSpan, _ nesting: JSONNesting?) {
    guard range.count >= 2, range.end <= text.byteCount,
      text.byte(range.start) == ASCII.leftBrace, text.byte(range.end &- 1) == ASCII.rightBrace
    else { return nil }
    end = range.end &- 1
    at = JSONScanner.skipSpace(text, range.start &+ 1, end).offset
    self.number = number &+ 1
    self.nesting = nesting
  }

  /// The next member; nil behind the last.
  mutating func next(in text: RawSpan) -> PatchMember? {
    guard at < end, let name = try? JSONScanner.scanName(text, at, end), name.value < end else {
      return nil
    }
    let first = text.byte(name.value)
    let own = number
    let behind: Int
    if first == ASCII.leftBrace || first == ASCII.leftBracket, let place = nesting?.end(of: own),
      place.end > name.value, place.end <= end
    {
      (behind, number) = (place.end, place.behind)
    } else {
      let depth = JSONScanner.greatestDepthLimit
      guard let value = try? JSONScanner.scanValue(text, name.value, end, depth: depth) else {
        return nil
      }
      behind = value.end
    }
    at = JSONScanner.skipSpace(text, behind, end).offset
    if at < end { at = JSONScanner.skipSpace(text, at &+ 1, end).offset }
    return PatchMember(
      name: name.name, nameHasEscapes: name.hasEscapes,
      value: ByteRange(scanned: name.value, behind), number: own)
  }
}
