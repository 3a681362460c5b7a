internal import COpenSSL

/// A secret for HMAC (RFC 2104), with the digest that it is for.
///
/// `@unchecked`: the context is only copied from once it is made, and OpenSSL reads it for that.
final class MACKey: @unchecked Sendable {
  /// A context that has the key and nothing of a message; each message gets a copy, which is four
  /// times as fast as setting the key anew.
  private let keyed: OpaquePointer
  /// How many bytes a code has.
  let codeBytes: Int
  /// The secret itself, which other keys are derived from.
  let secret: SecretBytes

  /// Takes a secret.
  ///
  /// - Parameter digest: OpenSSL's name of the digest.
  init(_ secret: SecretBytes, digest: String, codeBytes: Int) throws(CryptoFault) {
    guard let method = EVP_MAC_fetch(nil, "HMAC", nil) else { throw CryptoFault() }
    defer { EVP_MAC_free(method) }
    guard let context = EVP_MAC_CTX_new(method) else { throw CryptoFault() }
    keyed = context
    self.codeBytes = codeBytes
    self.secret = secret
    // A parameter only points at its name and its value.
    let result = OSSL_MAC_PARAM_DIGEST.withCString { name in
      digest.withCString { value in
        var parameters = [
          OSSL_PARAM_construct_utf8_string(name, UnsafeMutablePointer(mutating: value), 0),
          OSSL_PARAM_construct_end(),
        ]
        return secret.withBytes { bytes in
          EVP_MAC_init(
            context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count,
            &parameters)
        }
      }
    }
    try CryptoFault.check(result)
  }

  deinit { EVP_MAC_CTX_free(keyed) }

  /// The authentication code of a message.
  func code(of message: UnsafeRawBufferPointer) throws(CryptoFault) -> [UInt8] {
    guard let context = EVP_MAC_CTX_dup(keyed) else { throw CryptoFault() }
    defer { EVP_MAC_CTX_free(context) }
    try CryptoFault.check(
      EVP_MAC_update(
        context, message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count))
    var code = [UInt8](repeating: 0, count: codeBytes)
    var count = 0
    try CryptoFault.check(EVP_MAC_final(context, &code, &count, codeBytes))
    guard count == codeBytes else { throw CryptoFault() }
    return code
  }

  /// Whether a code is a message's; takes as long for a wrong one as for the right one.
  func isValid(
    _ code: UnsafeRawBufferPointer, of message: UnsafeRawBufferPointer
  ) throws(CryptoFault) -> Bool {
    let expected = try self.code(of: message)
    guard code.count == expected.count else { return false }
    return CRYPTO_memcmp(code.baseAddress, expected, expected.count) == 0
  }
}
