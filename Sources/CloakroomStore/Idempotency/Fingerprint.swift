internal import COpenSSL
public import NIOCore

/// The SHA-256 of a call's method and parameters: whether a call that is repeated is the same call.
///
/// Not a plain hash that callers could make collide: an answer must never be given to another call.
public struct Fingerprint: Sendable, Hashable {
  /// The digest, 32 bytes.
  public let bytes: ByteBuffer

  /// The fingerprint of a text that tells one call from every other.
  public init(of text: ByteBuffer) {
    var digest = [UInt8](repeating: 0, count: 32)
    text.withUnsafeReadableBytes { bytes in
      // One-shot digest of a fixed algorithm into a buffer of its size; it can't fail but for memory.
      _ = EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha256(), nil)
    }
    bytes = ByteBuffer(bytes: digest)
  }
}
