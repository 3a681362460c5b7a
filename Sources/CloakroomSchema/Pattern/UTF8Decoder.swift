/// Reads code points from bytes that are known to be valid UTF-8.
struct UTF8Decoder {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next code point, nil at the end.
  mutating func next() -> UInt32? {
    guard position < bytes.count else { return nil }
    let lead = bytes[position]
    let count =
      switch lead {
      case 0..<0x80: 1
      case 0x80..<0xE0: 2
      case 0xE0..<0xF0: 3
      default: 4
      }
    defer { position = min(position + count, bytes.count) }
    guard count > 1, position + count <= bytes.count else { return UInt32(lead) }
    var point = UInt32(lead) & (0x7F >> UInt32(count))
    for byte in bytes[(position + 1)..<(position + count)] {
      point = point << 6 | UInt32(byte & 0x3F)
    }
    return point
  }
}
