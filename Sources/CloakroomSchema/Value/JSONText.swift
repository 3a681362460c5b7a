/// A JSON string as its UTF-8 bytes. Two are equal when their code points are: Swift's strings
/// compare by canonical equivalence, which JSON Schema does not.
struct JSONText: Sendable, Hashable {
  /// Valid UTF-8.
  let utf8: [UInt8]

  init(utf8: [UInt8]) { self.utf8 = utf8 }

  init(_ text: some StringProtocol) { utf8 = Array(text.utf8) }

  func hash(into hasher: inout Hasher) {
    utf8.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  /// The text as a string.
  var string: String { String(decoding: utf8, as: UTF8.self) }

  /// The number of code points.
  var length: Int {
    // Every byte but those that continue a sequence begins a code point.
    utf8.reduce(into: 0) { count, byte in count += byte & 0xC0 == 0x80 ? 0 : 1 }
  }

  /// What it costs to look at every byte, in steps of a validation.
  var weight: Int { 1 + utf8.count / 64 }
}
