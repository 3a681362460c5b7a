internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// The first line of a record: a JSON object of short members, so that `redis-cli` shows how the record
/// stands. The data follow behind a line break, as they came.
struct RecordHeader {
  /// How many members a header has at most.
  private static let mostMembers = 32

  private let text: ByteBuffer
  private let members: ContiguousArray<JSONMember>

  /// Takes a record apart.
  ///
  /// - Returns: the header and the data; nil when these bytes are no record.
  static func split(_ record: ByteBuffer) -> (header: RecordHeader, data: ByteBuffer)? {
    guard RecordVersion(of: record) != nil,
      let end = record.readableBytesView.firstIndex(of: UInt8(ascii: "\n"))
    else { return nil }
    var data = record
    data.moveReaderIndex(to: end + 1)
    let length = end - record.readerIndex
    guard
      let members = JSONParts.of(
        ByteRange(0..<length), in: record.readableBytesSpan, atMost: mostMembers)
    else { return nil }
    return (RecordHeader(text: record, members: members), data)
  }

  private init(text: ByteBuffer, members: ContiguousArray<JSONMember>) {
    self.text = text
    self.members = members
  }

  /// The kind that the record is of.
  var kind: String? { text("kind") }

  /// A member that is a string; nil when there is none.
  func text(_ name: StaticString) -> String? {
    guard let member = member(name), member.kind == .string else { return nil }
    guard member.hasEscapes else {
      return text.getString(
        at: text.readerIndex + member.content.start, length: member.content.count)
    }
    var bytes: [UInt8] = []
    do throws(JSONFault) {
      try JSONString.decode(text.readableBytesSpan, member.content, into: &bytes)
    } catch {
      return nil
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A member that is a whole number; nil when there is none.
  func number(_ name: StaticString) -> Int64? {
    guard let member = member(name), member.kind == .number else { return nil }
    return text.getString(
      at: text.readerIndex + member.value.start, length: member.value.count
    ).flatMap { Int64($0) }
  }

  private func member(_ name: StaticString) -> JSONMember? {
    let bytes = text.readableBytesSpan
    return members.first { $0.name.holds(name, in: bytes) }
  }
}

/// Writes a record's header.
struct RecordHeaderWriter: ~Copyable {
  private var text: ByteBuffer

  /// A header that has its version and its kind.
  init(_ version: RecordVersion, kind: String, room: Int) {
    text = ByteBuffer()
    text.reserveCapacity(256 + room)
    version.write(into: &text)
    write("kind", kind)
  }

  /// Writes a string.
  mutating func write(_ name: StaticString, _ value: String) {
    writeName(name)
    text.writeJSONString(value)
  }

  /// Writes a string where there is one.
  mutating func write(_ name: StaticString, _ value: String?) {
    if let value { write(name, value) }
  }

  /// Writes a number.
  mutating func write(_ name: StaticString, _ value: Int64) {
    writeName(name)
    text.writeDecimal(value)
  }

  /// Writes a number where it isn't 0.
  mutating func write(_ name: StaticString, unlessZero value: Int64) {
    if value != 0 { write(name, value) }
  }

  private mutating func writeName(_ name: StaticString) {
    text.writeStaticString(",\"")
    text.writeStaticString(name)
    text.writeStaticString("\":")
  }

  /// The record: the header, and the data behind it.
  consuming func record(_ data: ByteBuffer) -> ByteBuffer {
    text.writeStaticString("}\n")
    text.writeImmutableBuffer(data)
    return text
  }
}
