internal import CloakroomTokens

/// 256 random bits as base64url (RFC 4648, section 5), without padding.
enum RandomText {
  private static let byteCount = 32

  /// Bits of the system's own generator, getrandom(2).
  static func make() -> String {
    var random = SystemRandomNumberGenerator()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    // Eight bytes at a time: each is a call of the system.
    while bytes.count < byteCount {
      withUnsafeBytes(of: random.next() as UInt64) { bytes.append(contentsOf: $0) }
    }
    return Base64URL.text(bytes)
  }

  /// Whether a text may be one: there is one spelling for each, so that no two texts are one token.
  static func isOne(_ text: some Collection<UInt8>) -> Bool {
    text.withContiguousStorageIfAvailable {
      Base64URL.decode(UnsafeRawBufferPointer($0))?.count == byteCount
    } ?? isOne(Array(text))
  }
}
