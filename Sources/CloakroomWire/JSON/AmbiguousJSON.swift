/// What makes a JSON text mean different things to different readers: a name that an object gives twice, and half
/// of a surrogate pair that stands alone.
public struct AmbiguousJSON: Error, Sendable, Equatable {
  /// What is wrong.
  public enum Fault: Sendable, Hashable {
    /// The member comes a second time.
    case repeatedName
    /// The value, or a member's name within it, has half of a surrogate pair in it.
    case loneSurrogate

    /// What is wrong, for people: "the patch …".
    public var text: String {
      switch self {
      case .repeatedName: "names a member twice"
      case .loneSurrogate: "holds half of a surrogate pair"
      }
    }
  }

  /// What is wrong.
  public let fault: Fault
  /// Where, as JSON Pointer (RFC 6901). It holds names of members, and is thus for the caller and for no log.
  public let pointer: String

  /// Looks for the first such place in a text that has been scanned.
  ///
  /// - Throws: what is wrong, and where.
  public static func check(_ text: RawSpan) throws(AmbiguousJSON) {
    let end = (0..<text.byteCount).last { text.byte($0) > 0x20 } ?? 0
    let start = (0..<text.byteCount).first { text.byte($0) > 0x20 } ?? 0
    guard start <= end, text.byteCount > 0 else { return }
    try check(ByteRange(start..<end + 1), kind(of: text.byte(start)), true, in: text, at: "")
  }

  /// Goes as deep as the text is nested, which scanners bound.
  private static func check(
    _ range: ByteRange, _ kind: JSONKind, _ hasEscapes: Bool, in text: RawSpan, at pointer: String
  ) throws(AmbiguousJSON) {
    switch kind {
    case .string:
      guard hasEscapes, range.count >= 2 else { return }
      let content = ByteRange(range.start + 1..<range.end - 1)
      guard JSONString.text(of: content, hasEscapes: true, in: text) != nil else {
        throw AmbiguousJSON(fault: .loneSurrogate, pointer: pointer)
      }
    case .array:
      let parts = JSONParts.of(range, in: text, atMost: range.count) ?? []
      for (index, part) in parts.enumerated() where part.isWorthALook {
        try check(part.value, part.kind, part.hasEscapes, in: text, at: "\(pointer)/\(index)")
      }
    case .object:
      var names: Set<[UInt8]> = []
      for part in JSONParts.of(range, in: text, atMost: range.count) ?? [] {
        guard
          let name = JSONString.text(of: part.name, hasEscapes: part.nameHasEscapes, in: text)
        else { throw AmbiguousJSON(fault: .loneSurrogate, pointer: pointer) }
        let place = { pointer + "/" + escaped(name) }
        guard names.insert(Array(name.utf8)).inserted else {
          throw AmbiguousJSON(fault: .repeatedName, pointer: place())
        }
        guard part.isWorthALook else { continue }
        try check(part.value, part.kind, part.hasEscapes, in: text, at: place())
      }
    case .number, .true, .false, .null:
      return
    }
  }

  private static func kind(of first: UInt8) -> JSONKind {
    switch first {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "\""): .string
    default: .number
    }
  }

  /// A name as a token of a pointer: `~` is `~0`, `/` is `~1`.
  private static func escaped(_ name: String) -> String {
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

extension JSONMember {
  /// Whether something can be ambiguous in the value.
  fileprivate var isWorthALook: Bool {
    switch kind {
    case .object, .array: true
    case .string: hasEscapes
    case .number, .true, .false, .null: false
    }
  }
}
