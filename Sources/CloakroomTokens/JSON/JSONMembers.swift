internal import CloakroomWire

/// The members of a JSON object that is looked into: found by the strict scanner, which leaves values
/// as they were written, and refused when any object in it has a name twice.
///
/// It holds no text itself, so that whoever has a secret in one can overwrite it.
struct JSONMembers: Sendable {
  /// Why a text can't be looked into.
  enum Fault: Error {
    /// It is no JSON, or nested too deeply.
    case notJSON
    /// It is something else than an object.
    case notAnObject
    /// A name comes twice in one object: two readers could each believe another one.
    case duplicate
  }

  /// How deep objects and arrays may be nested.
  static let depthLimit = 64
  /// How many members or elements one object or array may have.
  private static let partLimit = 65_536

  /// The members in their order.
  let list: ContiguousArray<JSONMember>
  /// Their names, in the same order.
  let names: [String]

  /// Takes an object apart.
  init(_ text: RawSpan) throws(Fault) {
    let kind: JSONKind
    var start = 0
    do throws(JSONFault) {
      kind = try JSONScanner.validate(text, depthLimit: Self.depthLimit)
      // Where it begins: what is in front of it is white space, as it has just been checked.
      while start < text.byteCount, text.unsafeLoad(fromByteOffset: start, as: UInt8.self) <= 0x20 {
        start += 1
      }
    } catch {
      throw .notJSON
    }
    guard kind == .object else { throw .notAnObject }
    var end = text.byteCount
    while end > start, text.unsafeLoad(fromByteOffset: end - 1, as: UInt8.self) <= 0x20 { end -= 1 }
    (list, names) = try Self.members(of: ByteRange(start..<end), in: text)
    for member in list { try Self.checkWithin(member, of: text) }
  }

  private static func members(
    of range: ByteRange, in text: RawSpan
  ) throws(Fault) -> (ContiguousArray<JSONMember>, [String]) {
    guard let list = JSONParts.of(range, in: text, atMost: partLimit) else { throw .notJSON }
    var names: [String] = []
    var seen: Set<String> = []
    for member in list {
      guard let name = string(member.name, hasEscapes: member.nameHasEscapes, in: text) else {
        throw .notJSON
      }
      guard seen.insert(name).inserted else { throw .duplicate }
      names.append(name)
    }
    return (list, names)
  }

  /// Looks for names that come twice further inside. The depth of calls is that of the nesting, which
  /// is limited.
  private static func checkWithin(_ part: JSONMember, of text: RawSpan) throws(Fault) {
    switch part.kind {
    case .object:
      for member in try members(of: part.value, in: text).0 { try checkWithin(member, of: text) }
    case .array:
      guard let elements = JSONParts.of(part.value, in: text, atMost: partLimit) else {
        throw .notJSON
      }
      for element in elements { try checkWithin(element, of: text) }
    default:
      break
    }
  }

  /// The member of a name.
  func member(_ name: String) -> JSONMember? {
    names.firstIndex(of: name).map { list[$0] }
  }

  /// A member that is a string; nil when there is none, or it is something else.
  func string(_ name: String, in text: RawSpan) -> String? {
    guard let member = member(name), member.kind == .string else { return nil }
    return Self.string(member.content, hasEscapes: member.hasEscapes, in: text)
  }

  /// What a string's content stands for; nil when half of a surrogate pair stands alone in it.
  static func string(_ content: ByteRange, hasEscapes: Bool, in text: RawSpan) -> String? {
    var bytes: [UInt8] = []
    guard (try? JSONString.decode(text, content, into: &bytes)) != nil else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
