internal import CloakroomTokens
internal import Glibc

/// 256 random bits as base64url (RFC 4648, section 5), without padding.
enum RandomText {
  private static let byteCount = 32

  /// Bits of the system's own generator, getrandom(2).
  static func make() -> String {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    // All at once: each time is a call of the system.
    guard getentropy(&bytes, byteCount) == 0 else {
      var random = SystemRandomNumberGenerator()
      return Base64URL.text(bytes.map { _ in UInt8.random(in: .min ... .max, using: &random) })
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
