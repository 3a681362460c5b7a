/// Takes a text apart into a document, in one pass and as strictly as the scanner.
struct JSONParser {
  private typealias Node = ParsedJSON.Node
  private typealias Fault = ParsedJSON.Fault

  /// An array or object that is not closed yet.
  private struct Open {
    let node: Int
    let isObject: Bool
    /// How many values in it are complete.
    var count: UInt32 = 0
    /// The name of the member that is being read.
    var name = 0
  }

  private var bytes: [UInt8]
  private var nodes: [ParsedJSON.Node] = []
  /// The first is no table: 0 means none.
  private var tables: [UInt32] = [0]
  private var open: [Open] = []
  private let nodeLimit: Int
  private let pointerBytes: Int

  init(_ text: RawSpan, nodeLimit: Int, pointerBytes: Int) {
    self.nodeLimit = nodeLimit
    bytes = text.withUnsafeBytes { Array($0) }
    nodes.reserveCapacity(text.byteCount / 16 + 4)
    self.pointerBytes = pointerBytes
  }

  /// What was read.
  var parts: (bytes: [UInt8], nodes: [ParsedJSON.Node], tables: [UInt32]) {
    (bytes, nodes, tables)
  }

  /// Reads the whole text.
  mutating func read(_ text: RawSpan, depthLimit: Int) throws(ParsedJSON.Fault) {
    let end = text.byteCount
    guard end <= ParsedJSON.longestText else { throw .json(.outOfBounds) }
    var at = JSONScanner.skipSpace(text, 0, end).offset
    while true {
      guard at < end else { throw .json(.syntax(at: at)) }
      guard nodes.count < nodeLimit else { throw .tooMany }
      let first = text.byte(at)
      if first == ASCII.leftBrace || first == ASCII.leftBracket {
        guard open.count < depthLimit else { throw .json(.tooDeep(at: at)) }
        let isObject = first == ASCII.leftBrace
        let closing = isObject ? ASCII.rightBrace : ASCII.rightBracket
        let inside = JSONScanner.skipSpace(text, at &+ 1, end).offset
        add(isObject ? .object : .array, at, 0)
        if inside >= end || text.byte(inside) != closing {
          open.append(Open(node: nodes.count &- 1, isObject: isObject))
          at = isObject ? try name(text, inside, end) : inside
          continue
        }
        at = inside &+ 1
        nodes[nodes.count &- 1].end = UInt32(truncatingIfNeeded: at)
      } else {
        at = try scalar(text, at, end, first)
      }
      guard let next = try close(text, at, end) else { return }
      at = next
    }
  }

  private mutating func add(_ kind: JSONKind, _ start: Int, _ end: Int, _ flags: UInt32 = 0) {
    nodes.append(
      Node(
        start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end),
        next: UInt32(truncatingIfNeeded: nodes.count &+ 1), count: 0,
        info: UInt32(kind.rawValue) | flags))
  }

  /// Reads a value that holds no others, and returns where it ends.
  private mutating func scalar(
    _ text: RawSpan, _ at: Int, _ end: Int, _ first: UInt8
  ) throws(ParsedJSON.Fault) -> Int {
    do throws(JSONFault) {
      if first == ASCII.quote {
        let string = try JSONScanner.scanString(text, at &+ 1, end)
        guard string.hasEscapes else {
          add(.string, at &+ 1, string.end)
          return string.end &+ 1
        }
        let start = bytes.count
        try JSONString.decode(text, ByteRange(scanned: at &+ 1, string.end), into: &bytes)
        add(.string, start, bytes.count)
        return string.end &+ 1
      }
      if first == ASCII.minus || JSONScanner.isDigit(first) {
        let behind = try JSONScanner.scanNumber(text, at, end)
        add(.number, at, behind, Self.isWhole(text, at, behind) ? Node.wholeBit : 0)
        return behind
      }
      let kind = try JSONScanner.scanLiteral(text, at, end)
      let behind = at &+ (kind == .false ? 5 : 4)
      add(kind, at, behind)
      return behind
    } catch {
      guard case .loneSurrogate = error else { throw .json(error) }
      throw .loneSurrogate(at: pointer(), isName: false)
    }
  }

  private static func isWhole(_ text: RawSpan, _ start: Int, _ end: Int) -> Bool {
    for at in start..<end where !JSONScanner.isDigit(text.byte(at)) && at > start { return false }
    return true
  }

  /// Reads a member's name, and returns where its value begins.
  private mutating func name(
    _ text: RawSpan, _ at: Int, _ end: Int
  ) throws(ParsedJSON.Fault) -> Int {
    do throws(JSONFault) {
      let name = try JSONScanner.scanName(text, at, end)
      var (start, behind) = (name.name.start, name.name.end)
      if name.hasEscapes {
        start = bytes.count
        try JSONString.decode(text, name.name, into: &bytes)
        behind = bytes.count
      }
      open[open.count &- 1].name = nodes.count
      add(.string, start, behind)
      let hash =
        name.hasEscapes
        ? JSONHash.of(bytes.span.bytes, start, behind) : JSONHash.of(text, start, behind)
      nodes[nodes.count &- 1].count = UInt32(truncatingIfNeeded: hash)
      return name.value
    } catch {
      guard case .loneSurrogate = error else { throw .json(error) }
      open[open.count &- 1].name = 0
      throw .loneSurrogate(at: pointer(), isName: true)
    }
  }

  /// Goes on behind a value: closes what ends with it.
  ///
  /// - Returns: where the next value begins; nil at the end of the text.
  private mutating func close(
    _ text: RawSpan, _ start: Int, _ end: Int
  ) throws(ParsedJSON.Fault) -> Int? {
    var at = start
    while true {
      at = JSONScanner.skipSpace(text, at, end).offset
      guard !open.isEmpty else {
        guard at == end else { throw .json(.syntax(at: at)) }
        return nil
      }
      let top = open.count &- 1
      open[top].count &+= 1
      guard at < end else { throw .json(.syntax(at: at)) }
      let next = text.byte(at)
      if next == ASCII.comma {
        let behind = JSONScanner.skipSpace(text, at &+ 1, end).offset
        return open[top].isObject ? try name(text, behind, end) : behind
      }
      guard next == (open[top].isObject ? ASCII.rightBrace : ASCII.rightBracket) else {
        throw .json(.syntax(at: at))
      }
      at &+= 1
      let closed = open.removeLast()
      nodes[closed.node].end = UInt32(truncatingIfNeeded: at)
      nodes[closed.node].next = UInt32(truncatingIfNeeded: nodes.count)
      nodes[closed.node].count = closed.count
      guard closed.isObject, closed.count > 1 else { continue }
      let repeated =
        closed.count > UInt32(ParsedJSON.mostWithoutTable)
        ? addTable(of: closed.node) : repeatedName(in: closed.node)
      if let repeated {
        open.append(closed)
        open[top].name = repeated
        throw .repeatedName(at: pointer())
      }
    }
  }

  // MARK: Names

  /// The first member that was there before, of an object of few; nil where each name comes once.
  private func repeatedName(in object: Int) -> Int? {
    var name = object + 1
    for index in 0..<nodes[object].count {
      var before = object + 1
      for _ in 0..<index {
        if areEqual(before, name) { return name }
        before = Int(nodes[before + 1].next)
      }
      name = Int(nodes[name + 1].next)
    }
    return nil
  }

  /// Makes the table of a large object.
  ///
  /// - Returns: the first member that was there before; nil where each name comes once.
  private mutating func addTable(of object: Int) -> Int? {
    let count = nodes[object].count
    // At most two in three places are taken.
    let mask = UInt32(1) << (32 - (count + count / 2).leadingZeroBitCount) - 1
    let table = tables.count
    tables.append(mask)
    tables.append(contentsOf: repeatElement(0, count: Int(mask) + 1))
    nodes[object].info |= UInt32(truncatingIfNeeded: table) << Node.tableShift
    var name = object + 1
    for _ in 0..<count {
      var place = nodes[name].count & mask
      while tables[table + 1 + Int(place)] != 0 {
        if areEqual(Int(tables[table + 1 + Int(place)]), name) { return name }
        place = (place &+ 1) & mask
      }
      tables[table + 1 + Int(place)] = UInt32(truncatingIfNeeded: name)
      name = Int(nodes[name + 1].next)
    }
    return nil
  }

  private func areEqual(_ one: Int, _ other: Int) -> Bool {
    let (one, other) = (nodes[one], nodes[other])
    return one.count == other.count
      && ParsedJSON.areEqual(
        bytes[Int(one.start)..<Int(one.end)], bytes[Int(other.start)..<Int(other.end)])
  }

  // MARK: Places

  /// The JSON Pointer of the value that is being read, or as far along it as fits.
  private func pointer() -> String {
    var pointer: [UInt8] = []
    for level in open {
      var token: [UInt8] = []
      if level.isObject {
        guard level.name > 0 else { break }
        let name = bytes[Int(nodes[level.name].start)..<Int(nodes[level.name].end)]
        ParsedJSON.escape(name, into: &token)
      } else {
        token += String(level.count).utf8
      }
      guard token.count < pointerBytes - pointer.count else { break }
      pointer.append(ASCII.slash)
      pointer += token
    }
    return String(decoding: pointer, as: UTF8.self)
  }
}
