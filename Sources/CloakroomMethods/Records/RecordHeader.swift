internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import Glibc
internal import NIOCore

/// The first line of a record: a JSON object of short members, so that `redis-cli` shows how the record
/// stands. The data follow behind a line break, as they came.
struct RecordHeader {
  /// How many members a header has at most.
  static let mostMembers = 64

  private let text: ByteBuffer
  private let members: ContiguousArray<JSONMember>

  /// Takes a record apart.
  ///
  /// - Returns: the header and the data; nil when these bytes are no record.
  static func split(_ record: ByteBuffer) -> (header: RecordHeader, data: ByteBuffer)? {
    let length = record.withUnsafeReadableBytes { bytes -> Int? in
      guard let base = bytes.baseAddress else { return nil }
      return memchr(base, 0x0A, bytes.count).map { UnsafeRawPointer($0) - base }
    }
    guard let length, RecordVersion(of: record) != nil else { return nil }
    var data = record
    data.moveReaderIndex(forwardBy: length + 1)
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

  /// Whether the record is of a kind.
  func isOf(_ kind: StaticString) -> Bool {
    guard let member = member("kind"), member.kind == .string else { return false }
    return member.content.holds(kind, in: text.readableBytesSpan)
  }

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

  /// More than any number of a header: even a time in microseconds is less for thousands of years, and some of them
  /// together are a number still.
  static let mostNumber: Int64 = 1 << 60

  /// A member that is a whole number; nil when there is none, or none that the sidecar writes.
  func number(_ name: StaticString) -> Int64? {
    guard let member = member(name), member.kind == .number,
      let number = JSONNumber.wholeNumber(text.readableBytesSpan, member.value),
      (0..<Self.mostNumber).contains(number)
    else { return nil }
    return number
  }

  /// A member that is any JSON, as it was written; nil when there is none.
  func json(_ name: StaticString) -> ByteBuffer? {
    member(name).flatMap { text.slice($0.value) }
  }

  /// The strings in a member that is an array; none when there is none.
  func texts(_ name: StaticString) -> [String] {
    guard let member = member(name), member.kind == .array else { return [] }
    let bytes = text.readableBytesSpan
    let parts = JSONParts.of(member.value, in: bytes, atMost: member.value.count) ?? []
    return parts.compactMap { $0.string(in: bytes) }
  }

  private func member(_ name: StaticString) -> JSONMember? {
    let bytes = text.readableBytesSpan
    let length = name.utf8CodeUnitCount
    for index in members.indices
    where members[index].name.count == length && members[index].name.holds(name, in: bytes) {
      return members[index]
    }
    return nil
  }
}

/// Writes a record's header.
struct RecordHeaderWriter: ~Copyable {
  private var text: ByteBuffer

  /// A header that has its version and its kind.
  init(_ version: RecordVersion, kind: StaticString, room: Int) {
    text = ByteBuffer()
    text.reserveCapacity(256 + room)
    version.write(into: &text)
    text.write(atMost: 12 + kind.utf8CodeUnitCount) {
      $0.write(",\"kind\":\"")
      $0.write(kind)
      $0.write("\"")
    }
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
    text.write(atMost: name.utf8CodeUnitCount + 24) {
      $0.write(name: name)
      $0.writeDecimal(value)
    }
  }

  /// Writes a number where it isn't 0.
  mutating func write(_ name: StaticString, unlessZero value: Int64) {
    if value != 0 { write(name, value) }
  }

  /// Writes any JSON where there is some; it has no line break.
  mutating func write(_ name: StaticString, json value: ByteBuffer?) {
    guard let value else { return }
    writeName(name)
    text.writeImmutableBuffer(value)
  }

  /// Writes an array of strings where there are some.
  mutating func write(_ name: StaticString, _ values: [String]) {
    guard !values.isEmpty else { return }
    writeName(name)
    for (index, value) in values.enumerated() {
      text.writeStaticString(index == 0 ? "[" : ",")
      text.writeJSONString(value)
    }
    text.writeStaticString("]")
  }

  private mutating func writeName(_ name: StaticString) {
    text.write(atMost: name.utf8CodeUnitCount + 4) { $0.write(name: name) }
  }

  /// The record: the header, and the data behind it.
  consuming func record(_ data: ByteBuffer) -> ByteBuffer {
    text.write(atMost: 2 + data.readableBytes) {
      $0.write("}\n")
      $0.write(data)
    }
    return text
  }
}

extension ByteCursor {
  /// Writes what stands before a header's member.
  fileprivate mutating func write(name: StaticString) {
    write(",\"")
    write(name)
    write("\":")
  }
}
