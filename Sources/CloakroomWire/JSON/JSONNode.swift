/// A value within a JSON text, as a place in it: numbers and strings stay as they were written
/// until somebody asks for them otherwise.
public struct JSONNode: Sendable {
  /// The most members or elements that are taken of one value.
  private static let longest = 100_000

  private let text: [UInt8]
  private let range: ByteRange
  /// What the value is.
  public let kind: JSONKind

  /// The one value of a text.
  ///
  /// - Throws: the first fault of the text.
  public init(_ text: [UInt8]) throws(JSONFault) {
    kind = try JSONScanner.validate(
      text.span.bytes, depthLimit: JSONScanner.greatestDepthLimit)
    // What is valid has nothing but white space before and behind the value.
    let start = text.firstIndex { $0 > 0x20 } ?? 0
    let last = text.lastIndex { $0 > 0x20 } ?? 0
    self.text = text
    range = ByteRange(start..<last + 1)
  }

  private init(_ text: [UInt8], _ part: JSONMember) {
    self.text = text
    range = part.value
    kind = part.kind
  }

  /// The value as it was written.
  public var bytes: ArraySlice<UInt8> { text[range.offsets] }

  /// The value as it was written, as a string.
  public var written: String { String(decoding: bytes, as: UTF8.self) }

  /// An object's members in the order in which they were written; empty for anything else.
  public var members: [(name: String, value: JSONNode)] {
    guard kind == .object else { return [] }
    return parts.map { part in
      (Self.decoded(text, part.name), JSONNode(text, part))
    }
  }

  /// An array's elements; empty for anything else.
  public var elements: [JSONNode] {
    kind == .array ? parts.map { JSONNode(text, $0) } : []
  }

  /// An object's member by its name.
  public subscript(name: String) -> JSONNode? {
    members.first { $0.name == name }?.value
  }

  /// What a string stands for; nil for anything else. Halves of escaped surrogate pairs end it.
  public var string: String? {
    guard kind == .string, range.count >= 2 else { return nil }
    return Self.decoded(text, ByteRange(range.start + 1..<range.end - 1))
  }

  /// A number, as near as a Double comes; nil for anything else.
  public var double: Double? { kind == .number ? Double(written) : nil }

  /// A whole number; nil for anything else.
  public var integer: Int? { kind == .number ? Int(written) : nil }

  private var parts: ContiguousArray<JSONMember> {
    JSONParts.of(range, in: text.span.bytes, atMost: Self.longest) ?? []
  }

  private static func decoded(_ text: [UInt8], _ content: ByteRange) -> String {
    var bytes: [UInt8] = []
    try? JSONString.decode(text.span.bytes, content, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
