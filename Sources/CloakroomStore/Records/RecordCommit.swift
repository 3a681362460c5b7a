internal import Glibc
public import NIOCore

/// What a record is to become, if it is still what was read.
///
/// To the store a record is bytes that begin with the version of the commit that wrote them
/// (`RecordVersion`). A commit replaces it only when the version is still the expected one, or when there
/// is still no record; one that comes too late is answered with what is there now.
public struct RecordCommit: Sendable, Equatable {
  /// What must be there.
  public enum Expected: Sendable, Equatable {
    /// No record.
    case nothing
    /// The record that was written by this commit.
    case version(RecordVersion)
    /// A hash of Redis, the form of a record up to version 0.1: the SHA-1 of its fields and values, each
    /// behind a line break, as HGETALL gives them.
    case fields(digest: String)
  }

  /// What must be there.
  public var expected: Expected
  /// The record that takes its place, version included; nil leaves what is there and only checks.
  public var replacement: ByteBuffer?
  /// When the store may forget the replacement, in milliseconds since 1970 by its own clock.
  public var keptUntilMs: Int64
  /// Whether the replacement takes about no more room than what it replaces: then a store that is full takes
  /// it.
  public var isNoLarger: Bool
  /// The first moment at which the commit would have been decided otherwise, in milliseconds since 1970
  /// by the store's clock; from then on it is refused as stale. Nil is never.
  public var staleAtMs: Int64?
  /// When the record is to be looked at because something happens to it by itself, likewise; the reminder
  /// is written before the record. Nil writes none.
  public var remindAtMs: Int64?

  /// Describes a commit.
  public init(
    expecting expected: Expected, replacement: ByteBuffer?, keptUntilMs: Int64 = 0,
    isNoLarger: Bool = false, staleAtMs: Int64? = nil, remindAtMs: Int64? = nil
  ) {
    self.expected = expected
    self.replacement = replacement
    self.keptUntilMs = keptUntilMs
    self.isNoLarger = isNoLarger
    self.staleAtMs = staleAtMs
    self.remindAtMs = remindAtMs
  }
}

extension RecordCommit {
  /// Whether what is there is what is expected, at a time before it would be decided otherwise.
  func isMet(by record: ByteBuffer?, at timeMs: Int64) -> Bool {
    if let staleAtMs, staleAtMs <= timeMs { return false }
    switch expected {
    case .nothing: return record == nil
    case .version(let version): return record.flatMap { RecordVersion(of: $0) } == version
    case .fields: return false
    }
  }
}

/// The random id of the commit that has written a record. Not a number: one would begin anew with the
/// record, and the version of a lost commit could be taken for another's.
public struct RecordVersion: Sendable, Hashable {
  /// How many characters it has.
  public static let length = 11
  /// What a record begins with: its header's first member.
  static let head: StaticString = "{\"v\":\""

  /// The bits that the text stands for: six to a character, the lowest first.
  private let bits: UInt64

  /// A version of 64 bits.
  public init(_ number: UInt64) { bits = number }

  /// The version of a record; nil for bytes that are no record.
  public init?(of record: ByteBuffer) {
    var bits: UInt64 = 0
    let isRecord = record.withUnsafeReadableBytes { bytes in
      let start = Self.head.utf8CodeUnitCount
      guard bytes.count > start + Self.length, let base = bytes.baseAddress,
        memcmp(base, Self.head.utf8Start, start) == 0
      else { return false }
      for place in 0..<Self.length {
        guard let value = Self.value(of: bytes[start + place]) else { return false }
        bits |= value << UInt64(6 * place)
      }
      return true
    }
    guard isRecord else { return nil }
    self.bits = bits
  }

  private static func value(of digit: UInt8) -> UInt64? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt64(digit - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt64(digit - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(digit - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }

  /// The version's text.
  public var text: ByteBuffer {
    var text = ByteBuffer()
    writeText(into: &text)
    return text
  }

  private func writeText(into text: inout ByteBuffer) {
    let digits = StaticString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    text.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.length) { bytes in
      for place in 0..<Self.length {
        bytes[place] = digits.utf8Start[Int(bits >> UInt64(6 * place) & 63)]
      }
      return Self.length
    }
  }

  /// Writes the beginning of a record's header.
  public func write(into record: inout ByteBuffer) {
    record.writeStaticString(Self.head)
    writeText(into: &record)
    record.writeStaticString("\"")
  }
}
