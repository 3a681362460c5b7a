internal import CloakroomWire

/// A JSON Pointer (RFC 6901): the way to a value within another.
///
/// ```swift
/// let pointer = JSONPointer("/project/name")   // nil where the text is no pointer
/// let name = instance.value(at: pointer)       // nil where the value has no such place
/// ```
public struct JSONPointer: Sendable, Hashable {
  private let names: [JSONText]

  /// Reads a pointer.
  ///
  /// - Returns: nil for a text that is neither empty nor begins with `/`, or that has a `~` without a 0 or
  ///   a 1 behind it.
  public init?(_ text: String) {
    guard !text.isEmpty else {
      names = []
      return
    }
    guard text.utf8.first == UInt8(ascii: "/") else { return nil }
    var names: [JSONText] = []
    // By bytes: a slash and what combines with it are one character of a string.
    for token in text.utf8.dropFirst().split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    {
      guard let name = Self.unescape(token) else { return nil }
      names.append(JSONText(utf8: name))
    }
    self.names = names
  }

  /// The names that lead to the value, each in UTF-8, unescaped. An array's element is named by its index.
  public var path: [[UInt8]] { names.map(\.utf8) }

  /// The pointer as RFC 6901 writes it.
  public var text: String {
    names.reduce(into: "") { $0 += "/" + Self.escape($1.string) }
  }

  /// Whether what this leads to is what another leads to, or holds it.
  public func holds(_ other: JSONPointer) -> Bool { other.names.starts(with: names) }

  /// The node that it leads to from one of a document; nil where there is nothing.
  ///
  /// - Parameter element: finds an element of an array that has one of that index.
  func node(
    in document: ParsedJSON, from root: Int = 0,
    element: (_ array: Int, _ index: Int) throws(SchemaFault) -> Int
  ) throws(SchemaFault) -> Int? {
    var node = root
    for name in names {
      switch document.nodes[node].kind {
      case .object:
        let hash = JSONHash.of(name.utf8)
        guard let member = document.member(of: node, named: name.utf8[...], hash: hash) else {
          return nil
        }
        node = member
      case .array:
        guard let index = Self.index(name.utf8), index < document.nodes[node].count else {
          return nil
        }
        node = try element(node, index)
      default: return nil
      }
    }
    return node
  }

  /// The element that a name stands for: digits without a leading zero.
  private static func index(_ name: [UInt8]) -> Int? {
    guard !name.isEmpty, name.count <= 9, name.allSatisfy(Format.isDigit),
      name.count == 1 || name[0] != UInt8(ascii: "0")
    else { return nil }
    return name.reduce(0) { $0 &* 10 &+ Int($1 &- UInt8(ascii: "0")) }
  }

  private static func unescape(_ token: some Sequence<UInt8>) -> [UInt8]? {
    var name: [UInt8] = []
    var isEscape = false
    for byte in token {
      switch (isEscape, byte) {
      case (true, UInt8(ascii: "0")): name.append(UInt8(ascii: "~"))
      case (true, UInt8(ascii: "1")): name.append(UInt8(ascii: "/"))
      case (true, _): return nil
      case (false, UInt8(ascii: "~")):
        isEscape = true
        continue
      case (false, _): name.append(byte)
      }
      isEscape = false
    }
    return isEscape ? nil : name
  }

  // MARK: Writing

  /// A name as a token of a pointer: `~` is `~0`, `/` is `~1`.
  public static func escape(_ name: String) -> String {
    guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
      return name
    }
    var token = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "~": token += "~0"
      case "/": token += "~1"
      default: token.unicodeScalars.append(scalar)
      }
    }
    return token
  }
}
