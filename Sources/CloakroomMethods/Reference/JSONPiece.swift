internal import CloakroomWire
internal import NIOCore

/// A piece of a JSON text of the sidecar's own, to be looked into where speed doesn't matter.
struct JSONPiece {
  /// More members than anything in the table has.
  private static let partLimit = 1000

  private let text: ByteBuffer
  private let range: ByteRange
  /// What the piece is.
  let kind: JSONKind

  private init(_ member: JSONMember, of text: ByteBuffer) {
    self.text = text
    range = member.value
    kind = member.kind
  }

  /// The whole of a text without white space around it; nil when it is not JSON.
  init?(_ json: StaticString) { self.init(ByteBuffer(staticString: json)) }

  /// The same of bytes.
  init?(_ text: ByteBuffer) {
    guard let kind = try? JSONScanner.validate(text.readableBytesSpan) else { return nil }
    self.text = text
    range = ByteRange(0..<text.readableBytes)
    self.kind = kind
  }

  /// The piece as it was written.
  var json: String { text.slice(range).map { String(buffer: $0) } ?? "" }

  /// What a string stands for, nil for everything else.
  var string: String? {
    guard kind == .string else { return nil }
    return decoded(ByteRange(range.start + 1..<range.end - 1))
  }

  /// An object's members in their order; none for everything else.
  var members: [(name: String, value: JSONPiece)] {
    guard kind == .object else { return [] }
    return parts.map { (decoded($0.name), JSONPiece($0, of: text)) }
  }

  /// An array's elements; none for everything else.
  var elements: [JSONPiece] {
    kind == .array ? parts.map { JSONPiece($0, of: text) } : []
  }

  /// The first member of a name.
  subscript(name: String) -> JSONPiece? { members.first { $0.name == name }?.value }

  private var parts: ContiguousArray<JSONMember> {
    JSONParts.of(range, in: text.readableBytesSpan, atMost: Self.partLimit) ?? []
  }

  private func decoded(_ content: ByteRange) -> String {
    var bytes: [UInt8] = []
    try? JSONString.decode(text.readableBytesSpan, content, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
