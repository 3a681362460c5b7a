internal import COpenSSL

/// A public key, or a pair of a private and a public one.
///
/// `@unchecked`: OpenSSL counts the key's references atomically and only reads it when it signs and
/// verifies; each of these has a context of its own.
final class AsymmetricKey: @unchecked Sendable {
  /// How signatures are made: the digest, and RSA's padding.
  struct Scheme: Sendable, Equatable {
    /// OpenSSL's digest; nil for Ed25519, which has its own.
    var digest: Digest?
    /// Whether RSA's padding is PSS, with a salt as long as the digest (RFC 7518, section 3.5).
    var isPSS = false

    /// A digest of SHA-2.
    enum Digest: Sendable {
      case sha256, sha384

      var method: OpaquePointer? {
        switch self {
        case .sha256: EVP_sha256()
        case .sha384: EVP_sha384()
        }
      }
    }
  }

  /// The key.
  let pointer: OpaquePointer
  /// Whether there is a private key, which can sign.
  let isPrivate: Bool

  /// Takes a key over, and frees it at the end.
  init(owning pointer: OpaquePointer, isPrivate: Bool) {
    self.pointer = pointer
    self.isPrivate = isPrivate
  }

  deinit { EVP_PKEY_free(pointer) }

  /// The size in bits: of RSA's modulus, of a curve's order.
  var bits: Int { Int(EVP_PKEY_get_bits(pointer)) }

  /// How long a signature is, as OpenSSL writes it: at most.
  var signatureBytes: Int { Int(EVP_PKEY_get_size(pointer)) }

  /// OpenSSL's name for what kind of key it is: `RSA`, `EC`, `ED25519`.
  func isKind(_ name: String) -> Bool { EVP_PKEY_is_a(pointer, name) == 1 }

  // MARK: Signatures

  /// A message's signature, as OpenSSL writes it.
  func signature(
    of message: UnsafeRawBufferPointer, _ scheme: Scheme
  ) throws(CryptoFault) -> [UInt8] {
    let context = try DigestContext()
    var options: OpaquePointer?
    try CryptoFault.check(
      EVP_DigestSignInit(context.pointer, &options, scheme.digest?.method, nil, pointer))
    try Self.apply(scheme, to: options)
    let bytes = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
    var count = signatureBytes
    var signature = [UInt8](repeating: 0, count: count)
    try CryptoFault.check(
      EVP_DigestSign(context.pointer, &signature, &count, bytes, message.count))
    signature.removeLast(signature.count - min(count, signature.count))
    return signature
  }

  /// Whether a signature, as OpenSSL writes it, is a message's.
  func isValid(
    _ signature: UnsafeRawBufferPointer, of message: UnsafeRawBufferPointer, _ scheme: Scheme
  ) throws(CryptoFault) -> Bool {
    let context = try DigestContext()
    var options: OpaquePointer?
    try CryptoFault.check(
      EVP_DigestVerifyInit(context.pointer, &options, scheme.digest?.method, nil, pointer))
    try Self.apply(scheme, to: options)
    let bytes = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let result = EVP_DigestVerify(
      context.pointer, signature.baseAddress?.assumingMemoryBound(to: UInt8.self),
      signature.count, bytes, message.count)
    // Whatever isn't 1 is no: a signature of a wrong form is an error, and as wrong.
    if result != 1 { ERR_clear_error() }
    return result == 1
  }

  private static func apply(_ scheme: Scheme, to options: OpaquePointer?) throws(CryptoFault) {
    guard scheme.isPSS else { return }
    try CryptoFault.check(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING))
    try CryptoFault.check(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST))
  }

  // MARK: Checking

  /// Whether the public key is one that may be (a point on its curve, a modulus that is no prime),
  /// and the private key, where there is one, belongs to it.
  func isSound(_ scheme: Scheme) -> Bool {
    guard let context = EVP_PKEY_CTX_new(pointer, nil) else { return false }
    defer {
      EVP_PKEY_CTX_free(context)
      ERR_clear_error()
    }
    guard EVP_PKEY_public_check(context) == 1 else { return false }
    guard isPrivate else { return true }
    // A signature that the public key verifies tells as much as OpenSSL's own check of a pair, which
    // tests RSA's primes for a tenth of a second.
    let probe = Array("cloakroom".utf8)
    return probe.withUnsafeBytes { probe in
      guard let signature = try? signature(of: probe, scheme) else { return false }
      return signature.withUnsafeBytes { (try? isValid($0, of: probe, scheme)) ?? false }
    }
  }
}

/// Owns a digest's context.
private final class DigestContext {
  let pointer: OpaquePointer

  init() throws(CryptoFault) {
    guard let pointer = EVP_MD_CTX_new() else { throw CryptoFault() }
    self.pointer = pointer
  }

  deinit { EVP_MD_CTX_free(pointer) }
}
