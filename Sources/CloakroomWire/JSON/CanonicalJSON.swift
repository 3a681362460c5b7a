/// The canonical form of JSON (RFC 8785, JSON Canonicalization Scheme): texts that mean the same are the same
/// bytes. No white space, members sorted by the UTF-16 code units of their names, strings with no more escapes
/// than need be, numbers as ECMAScript writes them.
public enum CanonicalJSON {
  /// Why a text has no canonical form; `at` is the JSON Pointer (RFC 6901) of the place.
  public enum Fault: Error, Hashable {
    /// No double holds the number: written as the nearest, it would be another one.
    case number(at: String)
    /// Half of a surrogate pair stands alone in the string, or in the name of a member.
    case loneSurrogate(at: String)
    /// The object has the member twice.
    case duplicate(at: String)
    /// It is no JSON.
    case syntax
  }

  /// Writes the canonical form of one JSON value.
  ///
  /// Takes n log n for n bytes: members are sorted.
  ///
  /// - Parameter text: the value; it has been scanned, so that its depth is bounded.
  public static func text(of text: [UInt8]) throws(Fault) -> [UInt8] {
    let document: ParsedJSON
    do throws(ParsedJSON.Fault) {
      document = try ParsedJSON(text.span.bytes)
    } catch {
      switch error {
      case .json, .tooMany: throw .syntax
      case .repeatedName(let place): throw .duplicate(at: short(place))
      case .loneSurrogate(let place, _): throw .loneSurrogate(at: short(place))
      }
    }
    var output: [UInt8] = []
    output.reserveCapacity(text.count)
    try write(0, of: document, into: &output)
    return output
  }

  private static func write(
    _ node: Int, of document: ParsedJSON, into output: inout [UInt8]
  ) throws(Fault) {
    switch document.nodes[node].kind {
    case .object:
      var separator = ASCII.leftBrace
      for name in document.sortedNames(of: node, by: areInOrder) {
        output.append(separator)
        separator = ASCII.comma
        document.writeString(name, into: &output)
        output.append(ASCII.colon)
        try write(name + 1, of: document, into: &output)
      }
      if separator == ASCII.leftBrace { output.append(separator) }
      output.append(ASCII.rightBrace)
    case .array:
      output.append(ASCII.leftBracket)
      var element = node + 1
      for place in 0..<document.nodes[node].count {
        if place > 0 { output.append(ASCII.comma) }
        try write(element, of: document, into: &output)
        element = document.next(element)
      }
      output.append(ASCII.rightBracket)
    case .string: document.writeString(node, into: &output)
    case .number:
      let written = document.text(of: node)
      // Fifteen digits are a double's in any case; there is one zero.
      if document.nodes[node].isWhole, written.count <= 15, written.first != ASCII.minus {
        output += written
        return
      }
      guard let text = DecimalNumber.scriptText(of: written) else {
        throw .number(at: short(document.pointer(to: node)))
      }
      output += text.utf8
    case .true, .false, .null: output += document.text(of: node)
    }
  }

  /// Whether a name comes before another by their UTF-16 code units. By their bytes but for characters beyond
  /// 16 bits, whose first code unit is a surrogate: these come before U+E000 to U+FFFF.
  private static func areInOrder(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
    for (left, right) in zip(one, other) where left != right {
      if left >= 0xF0, (0xEE...0xEF).contains(right) { return true }
      if right >= 0xF0, (0xEE...0xEF).contains(left) { return false }
      return left < right
    }
    return one.count < other.count
  }

  /// How long a pointer in a fault is at most, in bytes.
  private static let longestPointer = 256

  private static func short(_ pointer: String) -> String {
    guard pointer.utf8.count > longestPointer else { return pointer }
    return String(decoding: pointer.utf8.prefix(longestPointer), as: UTF8.self) + "…"
  }
}

extension ParsedJSON {
  /// The names of an object's members in an order.
  package func sortedNames(
    of object: Int, by areInOrder: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Bool
  ) -> [Int] {
    var names: [Int] = []
    var name = object + 1
    for _ in 0..<nodes[object].count {
      names.append(name)
      name = next(name + 1)
    }
    return names.sorted { areInOrder(text(of: $0), text(of: $1)) }
  }

  /// Writes a string or a name as JSON, with no more escapes than need be.
  package func writeString(_ node: Int, into output: inout [UInt8]) {
    JSONString.quote(
      bytes.span.bytes.extracting(Int(nodes[node].start)..<Int(nodes[node].end)), into: &output)
  }
}
