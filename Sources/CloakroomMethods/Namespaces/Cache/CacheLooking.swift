internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import Glibc
internal import NIOCore

/// A `cache.get` that mostly finds a fresh value.
final class CacheLooking: RecordLook {
  private let call: CacheCall
  private let look: CacheLook
  private let waitMs: Int64
  /// What the caller wants, who may name other tags than those that are looked at.
  private let wanted: CacheLook
  /// The named tags as a header has them, so that they are compared in one go.
  private let tags: [UInt8]

  convenience init(_ call: CacheCall, _ look: CacheLook, waitMs: Int64) {
    self.init(call, look, waitMs: waitMs, wanted: look)
  }

  private init(_ call: CacheCall, _ look: CacheLook, waitMs: Int64, wanted: CacheLook) {
    self.call = call
    self.look = look
    self.wanted = wanted
    self.waitMs = waitMs
    tags = look.tags.isEmpty ? [] : Self.quoted(look.tags)
  }

  private static func quoted(_ tags: [String]) -> [UInt8] {
    let isPlain = tags.allSatisfy { tag in
      !tag.utf8.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
    }
    if isPlain {
      var text: [UInt8] = []
      text.reserveCapacity(tags.reduce(2) { $0 + $1.utf8.count + 2 })
      text.append(UInt8(ascii: "\""))
      for (place, tag) in tags.enumerated() {
        if place > 0 { text += [UInt8(ascii: "\\"), UInt8(ascii: "n")] }
        text += tag.utf8
      }
      text.append(UInt8(ascii: "\""))
      return text
    }
    var text = ByteBuffer()
    text.writeJSONString(tags.joined(separator: "\n"))
    return Array(text.readableBytesView)
  }

  var name: StoreKey { call.key }

  var beside: StoreCommand? {
    look.tags.isEmpty ? nil : .getMany(look.tags.map { call.names.tag($0) })
  }

  var opening: Opening { call.get(wanted, waitMs: waitMs) }

  /// Only a fresh value without a lease on it, and with no other tags than the named ones, is given here.
  func verdict(
    _ record: borrowing StoreReply, beside other: borrowing StoreReply?,
    writingTo result: inout ByteBuffer
  ) -> RecordVerdict {
    guard case .record(let record?, let now) = copy record else { return .open(opening) }
    guard let head = record.withUnsafeReadableBytes({ CacheHead($0, tags: tags) }) else {
      return again(record, at: now).map { .again($0) } ?? .open(opening)
    }
    guard head.expiresAtMs > now, hasVoidedNothing(head, copy other) else { return .open(opening) }
    if head.tookMs > 0, look.wish != .none,
      Double(head.tookMs) * look.chance() >= Double(head.expiresAtMs &- now)
    {
      // It has been drawn that this one makes it anew.
      var wanted = wanted
      wanted.chance = { .infinity }
      return .open(call.get(wanted, waitMs: waitMs))
    }
    var value = record
    value.moveReaderIndex(forwardBy: head.count)
    return .hit(value, ageMs: max(now &- head.setAtMs, 0), isNegative: head.isNegative)
  }

  /// A look with the tags that the value has, if it is fresh and these are others than the named ones.
  private func again(_ record: ByteBuffer, at now: Int64) -> CacheLooking? {
    guard let found = try? CacheRecord(reading: record), found.lease == nil,
      let entry = found.entry, entry.expiresAtMs > now, !entry.tags.isEmpty,
      entry.tags.map({ ByteString($0) }) != look.tags.map({ ByteString($0) })
    else { return nil }
    var look = look
    look.tags = entry.tags
    return CacheLooking(call, look, waitMs: waitMs, wanted: wanted)
  }

  private func hasVoidedNothing(_ head: CacheHead, _ reply: StoreReply?) -> Bool {
    guard !look.tags.isEmpty else { return true }
    guard case .values(let values)? = reply, values.count == look.tags.count else { return false }
    return values.allSatisfy { value in
      guard let state = value.flatMap({ CacheTagState($0) }) else { return false }
      return max(state.hard, state.soft) <= head.number
    }
  }
}

/// The header of a value without a lease, read in one go: it stands as `CacheRecord` writes it. What stands
/// otherwise is for `RecordHeader`.
struct CacheHead {
  private(set) var setAtMs: Int64 = 0
  private(set) var expiresAtMs: Int64 = 0
  private(set) var tookMs: Int64 = 0
  private(set) var isNegative = false
  private(set) var number: Int64 = 0
  /// How many bytes it has, the line break behind it included.
  private(set) var count = 0

  /// - Parameter tags: the tags that it must have, as a JSON string; empty for none.
  init?(_ record: UnsafeRawBufferPointer, tags: [UInt8]) {
    var cursor = Cursor(record, at: "{\"v\":\"\"".utf8.count + RecordVersion.length)
    guard cursor.skip(",\"kind\":\"cache\",\"set\":"), let set = cursor.number(),
      cursor.skip(",\"expires\":"), let expires = cursor.number(),
      cursor.skip(",\"grace\":"), cursor.number() != nil
    else { return nil }
    (setAtMs, expiresAtMs) = (set, expires)
    if cursor.skip(",\"took\":") {
      guard let took = cursor.number() else { return nil }
      tookMs = took
    }
    isNegative = cursor.skip(",\"negative\":1")
    if !tags.isEmpty {
      guard cursor.skip(",\"number\":"), let number = cursor.number(), cursor.skip(",\"tags\":"),
        cursor.skip(tags)
      else { return nil }
      self.number = number
    }
    guard cursor.skip("}\n") else { return nil }
    count = cursor.at
  }

  private struct Cursor {
    private let bytes: UnsafeRawBufferPointer
    private(set) var at: Int

    init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
      self.bytes = bytes
      at = start
    }

    /// Passes over a text if that is what comes next.
    mutating func skip(_ text: StaticString) -> Bool {
      skip(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func skip(_ text: [UInt8]) -> Bool { text.withUnsafeBytes { skip($0) } }

    private mutating func skip(_ text: UnsafeRawBufferPointer) -> Bool {
      guard let start = bytes.baseAddress, let other = text.baseAddress,
        text.count <= bytes.count &- at, memcmp(start + at, other, text.count) == 0
      else { return false }
      at &+= text.count
      return true
    }

    /// Reads a number of at most 18 digits, which 64 bits hold.
    mutating func number() -> Int64? {
      var number: Int64 = 0
      let start = at
      while at < bytes.count, at &- start < 18 {
        let digit = bytes[at] &- UInt8(ascii: "0")
        guard digit < 10 else { break }
        number = number &* 10 &+ Int64(digit)
        at &+= 1
      }
      return at > start ? number : nil
    }
  }
}
