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
  /// - Parameter text: the value; it has been scanned, so that its depth is bounded.
  public static func text(of text: [UInt8]) throws(Fault) -> [UInt8] {
    var reader = CanonicalReader(text)
    let value = try reader.value()
    var output: [UInt8] = []
    output.reserveCapacity(text.count)
    value.write(into: &output)
    return output
  }
}

/// A value whose parts are canonical.
private indirect enum CanonicalValue {
  case text([UInt8])
  case array([CanonicalValue])
  /// Members in their order, the names quoted.
  case object([(name: [UInt8], value: CanonicalValue)])

  func write(into output: inout [UInt8]) {
    switch self {
    case .text(let text): output += text
    case .array(let elements):
      output.append(ASCII.leftBracket)
      for (place, element) in elements.enumerated() {
        if place > 0 { output.append(ASCII.comma) }
        element.write(into: &output)
      }
      output.append(ASCII.rightBracket)
    case .object(let members):
      output.append(ASCII.leftBrace)
      for (place, member) in members.enumerated() {
        if place > 0 { output.append(ASCII.comma) }
        output += member.name
        output.append(ASCII.colon)
        member.value.write(into: &output)
      }
      output.append(ASCII.rightBrace)
    }
  }
}

/// Reads a text that was scanned, and makes its parts canonical.
private struct CanonicalReader {
  /// How long a pointer in a fault is at most, in bytes.
  private static let longestPointer = 256

  private let text: [UInt8]
  private var at = 0
  /// Where the reader is, as the pointer's tokens.
  private var path: [String] = []

  init(_ text: [UInt8]) { self.text = text }

  private typealias Fault = CanonicalJSON.Fault

  mutating func value() throws(CanonicalJSON.Fault) -> CanonicalValue {
    switch peek() {
    case ASCII.leftBrace: return try object()
    case ASCII.leftBracket: return try array()
    case ASCII.quote: return .text(Self.quoted(try string()))
    default: return .text(try literal())
    }
  }

  private mutating func object() throws(CanonicalJSON.Fault) -> CanonicalValue {
    var members: [(order: [UInt16], name: [UInt8], value: CanonicalValue)] = []
    at += 1
    while let next = peek(), next != ASCII.rightBrace {
      if next == ASCII.comma { at += 1 }
      guard peek() == ASCII.quote else { throw .syntax }
      let name = try string()
      guard peek() == ASCII.colon else { throw .syntax }
      at += 1
      let decoded = String(decoding: name, as: UTF8.self)
      path.append(decoded)
      members.append((Array(decoded.utf16), Self.quoted(name), try value()))
      path.removeLast()
    }
    guard peek() == ASCII.rightBrace else { throw .syntax }
    at += 1
    members.sort { $0.order.lexicographicallyPrecedes($1.order) }
    for (member, next) in zip(members, members.dropFirst()) where member.order == next.order {
      path.append(String(decoding: member.order, as: UTF16.self))
      throw .duplicate(at: pointer)
    }
    return .object(members.map { ($0.name, $0.value) })
  }

  private mutating func array() throws(CanonicalJSON.Fault) -> CanonicalValue {
    var elements: [CanonicalValue] = []
    at += 1
    while let next = peek(), next != ASCII.rightBracket {
      if next == ASCII.comma { at += 1 }
      path.append("\(elements.count)")
      elements.append(try value())
      path.removeLast()
    }
    guard peek() == ASCII.rightBracket else { throw .syntax }
    at += 1
    return .array(elements)
  }

  /// What the string stands for that begins here.
  private mutating func string() throws(CanonicalJSON.Fault) -> [UInt8] {
    let start = at + 1
    at = start
    while at < text.count, text[at] != ASCII.quote { at += text[at] == ASCII.backslash ? 2 : 1 }
    guard at < text.count else { throw .syntax }
    var decoded: [UInt8] = []
    do throws(JSONFault) {
      try JSONString.decode(text.span.bytes, ByteRange(start..<at), into: &decoded)
    } catch {
      throw .loneSurrogate(at: pointer)
    }
    at += 1
    return decoded
  }

  /// A number, or one of the three words.
  private mutating func literal() throws(CanonicalJSON.Fault) -> [UInt8] {
    let start = at
    while at < text.count, Self.isOfLiteral(text[at]) { at += 1 }
    let written = text[start..<at]
    guard let first = written.first else { throw .syntax }
    switch first {
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): return Array(written)
    default:
      guard let text = DecimalNumber.scriptText(of: written) else { throw .number(at: pointer) }
      return Array(text.utf8)
    }
  }

  private static func isOfLiteral(_ byte: UInt8) -> Bool {
    switch byte {
    case ASCII.comma, ASCII.rightBrace, ASCII.rightBracket, 0...ASCII.space: false
    default: true
    }
  }

  /// The next byte that is no white space.
  private mutating func peek() -> UInt8? {
    while at < text.count, text[at] <= ASCII.space { at += 1 }
    return at < text.count ? text[at] : nil
  }

  private static func quoted(_ decoded: [UInt8]) -> [UInt8] {
    var quoted: [UInt8] = []
    quoted.reserveCapacity(decoded.count + 2)
    JSONString.quote(decoded.span.bytes, into: &quoted)
    return quoted
  }

  /// The JSON Pointer of the place where the reader is.
  private var pointer: String {
    let pointer = path.map { token in
      "/"
        + token.utf8.reduce(into: [UInt8]()) { text, byte in
          switch byte {
          case UInt8(ascii: "~"): text += "~0".utf8
          case UInt8(ascii: "/"): text += "~1".utf8
          default: text.append(byte)
          }
        }.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }.joined()
    guard pointer.utf8.count > Self.longestPointer else { return pointer }
    return String(decoding: pointer.utf8.prefix(Self.longestPointer), as: UTF8.self) + "…"
  }
}
