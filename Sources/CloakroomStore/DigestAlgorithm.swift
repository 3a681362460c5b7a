internal import COpenSSL

/// A digest algorithm of OpenSSL, looked up once: one that is named by `EVP_sha256` and its like is looked up,
/// under a lock, each time that it is used.
///
/// Unchecked, as a C pointer can't be checked; sound, as OpenSSL never changes a fetched algorithm and counts
/// references to it atomically (EVP_MD_fetch(3)), and this one is never given back. Both are constants: nothing
/// that a peer sends reaches the choice.
struct DigestAlgorithm: @unchecked Sendable {
  static let sha1 = DigestAlgorithm(EVP_MD_fetch(nil, "SHA1", nil) ?? EVP_sha1())
  static let sha256 = DigestAlgorithm(EVP_MD_fetch(nil, "SHA256", nil) ?? EVP_sha256())

  private let algorithm: OpaquePointer?

  private init(_ algorithm: OpaquePointer?) { self.algorithm = algorithm }

  /// Writes the digest of bytes.
  ///
  /// - Parameter digest: as many bytes as the algorithm's digests have.
  func digest(_ bytes: UnsafeRawBufferPointer, into digest: UnsafeMutableBufferPointer<UInt8>) {
    // One-shot digest of a fixed algorithm into a buffer of its size; it can't fail but for memory.
    _ = EVP_Digest(bytes.baseAddress, bytes.count, digest.baseAddress, nil, algorithm, nil)
  }
}
