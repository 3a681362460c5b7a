internal import COpenSSL

/// HKDF with SHA-256 (RFC 5869), without a salt: keys for other uses, made of a key that there is.
enum HKDF {
  /// Derives a key. Nothing about the secret, or about keys of other texts, can be told from it.
  ///
  /// - Parameters:
  ///   - secret: what it is made of, of any length.
  ///   - info: what it is for; OpenSSL takes 2,048 bytes at most, and in older releases 1,024.
  ///   - count: how many bytes the key has, at most 8,160.
  static func key(
    of secret: SecretBytes, info: [UInt8], count: Int
  ) throws(CryptoFault) -> SecretBytes {
    guard let method = EVP_KDF_fetch(nil, "HKDF", nil) else { throw CryptoFault() }
    defer { EVP_KDF_free(method) }
    guard let context = EVP_KDF_CTX_new(method) else { throw CryptoFault() }
    defer { EVP_KDF_CTX_free(context) }
    return try SecretBytes(count: count) { memory throws(CryptoFault) in
      // A parameter only points at its name and its value.
      let result = OSSL_KDF_PARAM_DIGEST.withCString { digestName in
        OSSL_KDF_PARAM_KEY.withCString { keyName in
          OSSL_KDF_PARAM_INFO.withCString { infoName in
            "SHA256".withCString { digest in
              info.withUnsafeBytes { info in
                secret.withBytes { secret in
                  let parameters = [
                    OSSL_PARAM_construct_utf8_string(
                      digestName, UnsafeMutablePointer(mutating: digest), 0),
                    OSSL_PARAM_construct_octet_string(
                      keyName, UnsafeMutableRawPointer(mutating: secret.baseAddress), secret.count),
                    OSSL_PARAM_construct_octet_string(
                      infoName, UnsafeMutableRawPointer(mutating: info.baseAddress), info.count),
                    OSSL_PARAM_construct_end(),
                  ]
                  return EVP_KDF_derive(
                    context, memory.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    memory.count, parameters)
                }
              }
            }
          }
        }
      }
      try CryptoFault.check(result)
    }
  }
}
