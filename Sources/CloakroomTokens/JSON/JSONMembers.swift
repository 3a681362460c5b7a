internal import CloakroomWire
internal import Glibc
internal import NIOCore

/// The members of a JSON object that is looked into: found by the strict scanner, which leaves values
/// as they were written, and refused when any object in it has a name twice.
///
/// It holds no text itself, so that the owner of a secret in one can overwrite it.
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
  /// Up to so many names are held against each other; a set of more of them is quicker.
  private static let fewNames = 12

  /// The members in their order.
  let list: ContiguousArray<JSONMember>

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
    list = try Self.members(of: ByteRange(start..<end), in: text)
    for member in list { try Self.checkWithin(member, of: text) }
  }

  private static func members(
    of range: ByteRange, in text: RawSpan
  ) throws(Fault) -> ContiguousArray<JSONMember> {
    guard let list = JSONParts.of(range, in: text, atMost: partLimit) else { throw .notJSON }
    if list.count <= fewNames, list.allSatisfy({ !$0.nameHasEscapes }) {
      for (index, member) in list.enumerated() {
        for other in list[..<index] where areEqual(member.name, other.name, in: text) {
          throw .duplicate
        }
      }
      return list
    }
    var seen: Set<[UInt8]> = []
    for member in list {
      var name: [UInt8] = []
      guard (try? JSONString.decode(text, member.name, into: &name)) != nil else { throw .notJSON }
      guard seen.insert(name).inserted else { throw .duplicate }
    }
    return list
  }

  private static func areEqual(_ one: ByteRange, _ other: ByteRange, in text: RawSpan) -> Bool {
    one.count == other.count
      && text.withUnsafeBytes { text in
        UnsafeRawBufferPointer(rebasing: text[one.offsets]).isSame(
          as: UnsafeRawBufferPointer(rebasing: text[other.offsets]))
      }
  }

  /// Looks for names that come twice further inside. The depth of calls is that of the nesting, which
  /// is limited.
  private static func checkWithin(_ part: JSONMember, of text: RawSpan) throws(Fault) {
    switch part.kind {
    case .object:
      for member in try members(of: part.value, in: text) { try checkWithin(member, of: text) }
    case .array:
      guard let elements = JSONParts.of(part.value, in: text, atMost: partLimit) else {
        throw .notJSON
      }
      for element in elements { try checkWithin(element, of: text) }
    default:
      break
    }
  }

  /// The member of a name; nil when there is none.
  func member(_ name: String, in text: RawSpan) -> JSONMember? {
    list.first {
      Self.holds($0.name, hasEscapes: $0.nameHasEscapes, name, in: text)
    }
  }

  /// A member that is a string; nil when there is none, or it is something else.
  func string(_ name: String, in text: RawSpan) -> String? {
    member(name, in: text).flatMap { $0.string(in: text) }
  }

  /// Whether a value is a string that stands for exactly these bytes.
  static func holds(_ value: JSONMember, _ expected: String, in text: RawSpan) -> Bool {
    value.kind == .string
      && holds(value.content, hasEscapes: value.hasEscapes, expected, in: text)
  }

  private static func holds(
    _ content: ByteRange, hasEscapes: Bool, _ expected: String, in text: RawSpan
  ) -> Bool {
    guard !hasEscapes else {
      let text = JSONString.text(of: content, hasEscapes: true, in: text)
      return text?.utf8.elementsEqual(expected.utf8) ?? false
    }
    let expected = expected.utf8.span.bytes
    return content.count == expected.byteCount
      && text.extracting(content.offsets).withUnsafeBytes { content in
        expected.withUnsafeBytes { content.isSame(as: $0) }
      }
  }
}

extension ByteBuffer {
  /// Puts spaces in the place of line breaks, which valid JSON has only between its tokens: where
  /// everything is stays the same.
  mutating func breakNoLines() {
    // Most texts have none, and then stay where they are.
    let hasBreaks = withUnsafeReadableBytes { bytes in
      bytes.holds(UInt8(ascii: "\n")) || bytes.holds(UInt8(ascii: "\r"))
    }
    guard hasBreaks else { return }
    for index in readerIndex..<writerIndex {
      let byte = getInteger(at: index, as: UInt8.self)
      guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else { continue }
      setInteger(UInt8(ascii: " "), at: index)
    }
  }
}

/// What the C library does many bytes at a time. Nothing here takes the same time for all bytes, so
/// nothing that is secret is compared with it.
extension UnsafeRawBufferPointer {
  /// Whether a byte is among these.
  func holds(_ byte: UInt8) -> Bool { index(of: byte, from: 0) != nil }

  /// Where a byte is for the first time, from an offset on.
  func index(of byte: UInt8, from start: Int) -> Int? {
    guard start < count, let base = baseAddress else { return nil }
    guard let found = memchr(base + start, Int32(byte), count - start) else { return nil }
    return UnsafeRawPointer(found) - base
  }

  /// Whether these are the same bytes as others.
  func isSame(as other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard let base = baseAddress, let otherBase = other.baseAddress else { return true }
    return memcmp(base, otherBase, count) == 0
  }
}
