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
  /// The tags that the caller has named, where others are looked at.
  private let named: [String]?

  init(_ call: CacheCall, _ look: CacheLook, waitMs: Int64, named: [String]? = nil) {
    self.call = call
    self.look = look
    self.waitMs = waitMs
    self.named = named
  }

  /// What the caller wants.
  private var wanted: CacheLook {
    guard let named else { return look }
    var wanted = look
    wanted.tags = named
    return wanted
  }

  var name: StoreKey { call.key }

  var beside: StoreCommand? {
    look.tags.isEmpty ? nil : .getMany(call.names.tags(look.tags))
  }

  var opening: Opening { call.get(wanted, waitMs: waitMs) }

  /// Only a fresh value without a lease on it, and with no other tags than the named ones, is given here.
  func verdict(
    _ record: StoreReply, beside other: StoreReply?, writingTo result: inout ByteBuffer
  ) -> RecordVerdict {
    guard case .record(let record?, let now) = record else { return .open(opening) }
    guard let head = record.withUnsafeReadableBytes({ CacheHead($0, tags: look.tags) }) else {
      guard let other = again(record, at: now) else { return .open(opening) }
      return .again(other)
    }
    guard head.expiresAtMs > now, hasVoidedNothing(head, other) else { return .open(opening) }
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
    return CacheLooking(call, look, waitMs: waitMs, named: named ?? self.look.tags)
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

  /// - Parameter tags: the tags that it must have; empty for none.
  init?(_ record: UnsafeRawBufferPointer, tags: [String]) {
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
      guard cursor.skip(",\"number\":"), let number = cursor.number(), cursor.skip(",\"tags\":\""),
        cursor.skip(tags), cursor.skip("\"")
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

    /// Passes over a text if that is what comes next. Inlined, because then its length is known where it is
    /// compared.
    @inline(__always)
    mutating func skip(_ text: StaticString) -> Bool {
      skip(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Passes over texts as `CacheRecord` writes them, with line breaks between them.
    mutating func skip(_ texts: [String]) -> Bool {
      for (place, text) in texts.enumerated() {
        guard place == 0 || skip("\\n"), skip(escaped: text) else { return false }
      }
      return true
    }

    /// Passes over a text that has no control characters, as a JSON string has it.
    private mutating func skip(escaped text: String) -> Bool {
      var text = text
      return text.withUTF8 { text in
        let bytes = UnsafeRawBufferPointer(text)
        let isEscaped = bytes.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        guard isEscaped else { return skip(bytes) }
        for (place, byte) in bytes.enumerated() {
          if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
            guard skip("\\") else { return false }
          }
          guard skip(UnsafeRawBufferPointer(rebasing: bytes[place...place])) else { return false }
        }
        return true
      }
    }

    @inline(__always)
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
