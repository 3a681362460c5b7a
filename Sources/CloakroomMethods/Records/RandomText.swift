internal import CloakroomStore
internal import CloakroomTokens
internal import Glibc
internal import NIOCore

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
    Array(text).span.bytes.withUnsafeBytes { Base64URL.decode($0)?.count == byteCount }
  }
}

extension Fingerprint {
  /// The digest of a text in hexadecimal, 64 characters.
  static func text(of text: String) -> String {
    let digest = Fingerprint(of: ByteBuffer(string: text)).bytes
    let digits = StaticString("0123456789abcdef")
    return String(unsafeUninitializedCapacity: 2 * digest.readableBytes) { text in
      for (place, byte) in digest.readableBytesView.enumerated() {
        text[2 * place] = digits.utf8Start[Int(byte >> 4)]
        text[2 * place + 1] = digits.utf8Start[Int(byte & 15)]
      }
      return 2 * digest.readableBytes
    }
  }

  /// The digest of bytes in hexadecimal, 64 characters.
  static func text(of bytes: ByteBuffer) -> String { text(of: String(buffer: bytes)) }
}
