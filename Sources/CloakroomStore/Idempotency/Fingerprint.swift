public import NIOCore

/// The SHA-256 of a call's method and parameters: whether a call that is repeated is the same call.
///
/// Not a plain hash that callers could make collide: an answer must never be given to another call.
public struct Fingerprint: Sendable, Hashable {
  /// How many bytes a digest has.
  private static let byteCount = 32

  /// The digest, 32 bytes.
  public let bytes: ByteBuffer

  /// The fingerprint of a text that tells one call from every other.
  public init(of text: ByteBuffer) {
    var digest = ByteBuffer()
    text.withUnsafeReadableBytes { text in
      Self.withDigest(of: text) { _ = digest.writeBytes($0) }
    }
    bytes = digest
  }

  /// The digest of a text in hexadecimal, 64 characters.
  public static func text(of text: String) -> String {
    var text = text
    return text.withUTF8 { Self.text(of: UnsafeRawBufferPointer($0)) }
  }

  /// The digest of bytes in hexadecimal, 64 characters.
  public static func text(of bytes: ByteBuffer) -> String {
    bytes.withUnsafeReadableBytes { text(of: $0) }
  }

  private static func text(of bytes: UnsafeRawBufferPointer) -> String {
    withDigest(of: bytes) { digest in
      let digits = StaticString("0123456789abcdef")
      return String(unsafeUninitializedCapacity: 2 * digest.count) { text in
        for (place, byte) in digest.enumerated() {
          text[2 * place] = digits.utf8Start[Int(byte >> 4)]
          text[2 * place + 1] = digits.utf8Start[Int(byte & 15)]
        }
        return 2 * digest.count
      }
    }
  }

  /// Lends the digest of bytes; it takes no memory of its own.
  private static func withDigest<Result>(
    of bytes: UnsafeRawBufferPointer, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Result
  ) -> Result {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: byteCount) { digest in
      digest.initialize(repeating: 0)
      DigestAlgorithm.sha256.digest(bytes, into: digest)
      return body(digest)
    }
  }
}
