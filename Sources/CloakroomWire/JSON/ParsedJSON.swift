internal import Glibc

/// A JSON text that is looked into, taken apart once: its values in the order in which they begin, as places in
/// the text. Every object names each member once, and every string is UTF-8.
///
/// Behind an object come its members, each as its name and its value, and behind an array its elements, so that
/// the first child is the next node and the one after it is where that one's `next` says. Twenty bytes a node,
/// and no allocation for one alone: a text of a mebibyte is read in some milliseconds, whatever it holds.
package struct ParsedJSON: Sendable {
  /// One value, or a member's name.
  package struct Node: Sendable {
    /// Where it begins in `bytes`: a string's or name's content, without quotes and escapes.
    package internal(set) var start: UInt32
    /// Where it ends.
    package internal(set) var end: UInt32
    /// The index of the node behind all that is in it; of a name, of its value.
    package internal(set) var next: UInt32
    /// How many members or elements it has; of a name, the lower half of its hash.
    package internal(set) var count: UInt32
    /// The kind in the lowest three bits, then whether it is a whole number, then where an object's table is.
    var info: UInt32

    static let kindBits: UInt32 = 7
    static let wholeBit: UInt32 = 8
    static let tableShift: UInt32 = 4

    /// What the value is; of a name, a string.
    package var kind: JSONKind { JSONKind(rawValue: UInt8(truncatingIfNeeded: info & 7)) ?? .null }

    /// Whether it is a number without a point and an exponent.
    package var isWhole: Bool { info & Self.wholeBit != 0 }

    /// How many bytes it takes.
    package var byteCount: Int { Int(end &- start) }
  }

  /// Why a text can't be looked into. Places are JSON Pointers (RFC 6901), as far as they fit into the bytes that
  /// were asked for.
  package enum Fault: Error {
    /// It is no JSON, nested too deep, or too long.
    case json(JSONFault)
    /// The object has the member twice.
    case repeatedName(at: String)
    /// The string, or the name of a member of the object, has half of a surrogate pair in it.
    case loneSurrogate(at: String, isName: Bool)
    /// It has more values and names than were allowed.
    case tooMany
  }

  /// The longest text, in bytes.
  package static let longestText = 128 << 20
  /// Objects of more members are given a table by which these are found.
  static let mostWithoutTable = 8

  /// The text, and behind it what strings with escapes stand for.
  package let bytes: [UInt8]
  /// The values and names, the whole first.
  package let nodes: [Node]
  /// For each large object the number of its places less one, and the places: the index of a name, or 0.
  let tables: [UInt32]

  /// Takes a text apart.
  ///
  /// - Parameters:
  ///   - depthLimit: how many arrays and objects may be nested, at most `JSONScanner.greatestDepthLimit`.
  ///   - nodeLimit: how many values and names there may be, about.
  ///   - pointerBytes: how long a fault's place is at most.
  package init(
    _ text: RawSpan, depthLimit: Int = JSONScanner.greatestDepthLimit, nodeLimit: Int = .max,
    pointerBytes: Int = .max
  ) throws(Fault) {
    var reader = JSONParser(text, nodeLimit: nodeLimit, pointerBytes: pointerBytes)
    try reader.read(text, depthLimit: min(depthLimit, JSONScanner.greatestDepthLimit))
    (bytes, nodes, tables) = reader.parts
  }

  /// How much memory it takes, in bytes.
  package var memoryBytes: Int {
    bytes.count + nodes.count * MemoryLayout<Node>.stride + tables.count * 4
  }

  /// The JSON Pointer (RFC 6901) of a value.
  package func pointer(to node: Int) -> String {
    var pointer: [UInt8] = []
    var at = 0
    while at < node {
      let isObject = nodes[at].kind == .object
      var child = at + 1
      var place = 0
      while true {
        let value = isObject ? child + 1 : child
        guard node >= next(value) else {
          pointer.append(ASCII.slash)
          if isObject {
            Self.escape(text(of: child), into: &pointer)
          } else {
            pointer += String(place).utf8
          }
          at = value
          break
        }
        child = next(value)
        place += 1
      }
    }
    return String(decoding: pointer, as: UTF8.self)
  }

  /// Writes a name as a token of a pointer: `~` is `~0`, `/` is `~1`.
  static func escape(_ name: ArraySlice<UInt8>, into pointer: inout [UInt8]) {
    for byte in name {
      switch byte {
      case UInt8(ascii: "~"): pointer += "~0".utf8
      case ASCII.slash: pointer += "~1".utf8
      default: pointer.append(byte)
      }
    }
  }

  // MARK: Ways through it

  /// The bytes of a node.
  package func text(of node: Int) -> ArraySlice<UInt8> {
    bytes[Int(nodes[node].start)..<Int(nodes[node].end)]
  }

  /// The node behind a value and all that is in it: the next element, or the name of the next member.
  package func next(_ node: Int) -> Int { Int(nodes[node].next) }

  /// The value of an object's member; nil if there is none of that name.
  ///
  /// - Parameter hash: of the name; the lower half is enough.
  package func member(
    of object: Int, named name: ArraySlice<UInt8>, hash: UInt64
  ) -> Int? {
    let short = UInt32(truncatingIfNeeded: hash)
    let node = nodes[object]
    guard node.kind == .object else { return nil }
    let table = Int(node.info >> Node.tableShift)
    guard table > 0 else {
      var member = object + 1
      for _ in 0..<node.count {
        if isName(member, name, short) { return member + 1 }
        member = Int(nodes[member + 1].next)
      }
      return nil
    }
    let mask = tables[table]
    var place = short & mask
    while true {
      let member = Int(tables[table + 1 + Int(place)])
      guard member != 0 else { return nil }
      if isName(member, name, short) { return member + 1 }
      place = (place &+ 1) & mask
    }
  }

  /// The value of an object's member; nil if there is none of that name.
  package func member(of object: Int, named name: StaticString) -> Int? {
    let name = Array("\(name)".utf8)
    return member(of: object, named: name[...], hash: JSONHash.of(name))
  }

  private func isName(_ node: Int, _ name: ArraySlice<UInt8>, _ hash: UInt32) -> Bool {
    nodes[node].count == hash && nodes[node].byteCount == name.count
      && Self.areEqual(text(of: node), name)
  }

  /// Whether bytes are the same.
  package static func areEqual(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
    guard one.count == other.count, !one.isEmpty else { return one.count == other.count }
    return one.withUnsafeBytes { one in
      other.withUnsafeBytes { other in
        guard let one = one.baseAddress, let start = other.baseAddress else { return false }
        return memcmp(one, start, other.count) == 0
      }
    }
  }
}
