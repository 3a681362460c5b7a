internal import COpenSSL

/// SHA-256 (FIPS 180-4).
enum SHA256 {
  /// How many bytes a digest has.
  static let byteCount = 32

  /// The digest of bytes.
  static func digest(of bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: byteCount)
    // One-shot digest of a fixed algorithm into a buffer of its size; it can't fail but for memory.
    _ = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    return digest
  }
}
