import COpenSSL

/// Hashes keys for the log, so that lines of one key can be told to be so and the key can't be read.
///
/// SipHash-2-4 (Aumasson and Bernstein, 2012) with a secret of 16 bytes; without the secret, trying
/// likely keys finds nothing. What is logged are the first 8 bytes of the 16 that
/// `openssl mac -macopt hexkey:SECRET SIPHASH` prints.
final class KeyHasher {
  static let keyLength = 16
  /// How many bytes the hash has; the first eight of them are logged.
  private static let hashLength = 16

  private let key: [UInt8]
  private let context: OpaquePointer

  /// Hashes with the given 16 bytes, or with new random ones.
  init(key given: [UInt8]?) throws(AccessLogError) {
    var key = given ?? [UInt8](repeating: 0, count: Self.keyLength)
    guard key.count == Self.keyLength else { throw .badHashKeyLength(key.count) }
    if given == nil {
      guard RAND_bytes(&key, Int32(Self.keyLength)) == 1 else { throw .noKeyedHash }
    }
    guard let mac = EVP_MAC_fetch(nil, "SIPHASH", nil) else { throw .noKeyedHash }
    // The context keeps a reference of its own.
    defer { EVP_MAC_free(mac) }
    guard let context = EVP_MAC_CTX_new(mac) else { throw .noKeyedHash }
    self.key = key
    self.context = context
  }

  deinit {
    EVP_MAC_CTX_free(context)
  }

  /// The hash of some bytes, big end first as it is printed; nil when libcrypto fails.
  func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64? {
    var output: (UInt64, UInt64) = (0, 0)
    let done = withUnsafeMutableBytes(of: &output) { output in
      var length = 0
      return EVP_MAC_init(context, key, key.count, nil) == 1
        && EVP_MAC_update(context, bytes.baseAddress, bytes.count) == 1
        && EVP_MAC_final(
          context, output.bindMemory(to: UInt8.self).baseAddress, &length, output.count) == 1
        && length == Self.hashLength
    }
    guard done else {
      // What failed would otherwise be the next caller's error on this thread.
      ERR_clear_error()
      return nil
    }
    return UInt64(bigEndian: output.0)
  }
}
