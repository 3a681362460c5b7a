internal import Glibc
public import NIOCore

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

  /// The version of a record; nil for bytes that are no record, among them those whose version no sidecar has
  /// written: its text would not come out again, and no commit would ever meet it.
  public init?(of record: ByteBuffer) {
    var bits: UInt64 = 0
    let isRecord = record.withUnsafeReadableBytes { bytes in
      let start = Self.head.utf8CodeUnitCount
      guard bytes.count > start + Self.length, let base = bytes.baseAddress,
        memcmp(base, Self.head.utf8Start, start) == 0
      else { return false }
      for place in 0..<Self.length {
        guard let value = Self.value(of: bytes[start + place]) else { return false }
        // 64 bits are not a whole number of digits.
        guard place < Self.length - 1 || value < 16 else { return false }
        bits |= value << UInt64(6 * place)
      }
      return bytes[start + Self.length] == UInt8(ascii: "\"")
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
    record.reserveCapacity(minimumWritableBytes: 2 * Self.length)
    record.writeStaticString(Self.head)
    writeText(into: &record)
    record.writeInteger(UInt8(ascii: "\""))
  }
}

/// Makes versions, one different from the other.
///
/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014), from a random
/// beginning: versions must be different, not secret.
public struct RecordVersions {
  private var state = UInt64.random(in: .min ... .max)

  /// Begins somewhere.
  public init() {}

  /// The next version.
  public mutating func next() -> RecordVersion {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return RecordVersion(bits ^ (bits >> 31))
  }
}
