internal import COpenSSL
internal import Synchronization

/// A secret for HMAC (RFC 2104), with the digest that it is for.
final class MACKey: Sendable {
  /// How many contexts wait for their next message at most: as many as there may be threads that make
  /// codes at the same time, and a few.
  private static let mostIdle = 32

  /// A context that has the key and nothing of a message.
  private let keyed: Context
  /// Contexts that are not in use at the moment. To begin anew with the key that one has is several
  /// times as fast as making another one.
  private let idle = Mutex<[Context]>([])
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
    let context = try Context(EVP_MAC_CTX_new(method))
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
            context.pointer, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count,
            &parameters)
        }
      }
    }
    try CryptoFault.check(result)
  }

  /// Writes the authentication code of a message.
  ///
  /// - Parameter output: `codeBytes` bytes.
  func code(
    of message: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CryptoFault) {
    guard output.count == codeBytes else { throw CryptoFault() }
    let context: Context
    if let ready = idle.withLock({ $0.popLast() }) {
      context = ready
      // Without a key it keeps the one that it has.
      try CryptoFault.check(EVP_MAC_init(context.pointer, nil, 0, nil))
    } else {
      context = try Context(EVP_MAC_CTX_dup(keyed.pointer))
    }
    try CryptoFault.check(
      EVP_MAC_update(
        context.pointer, message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count))
    var count = 0
    try CryptoFault.check(
      EVP_MAC_final(
        context.pointer, output.baseAddress?.assumingMemoryBound(to: UInt8.self), &count,
        output.count))
    guard count == codeBytes else { throw CryptoFault() }
    // One that has failed is not used again.
    idle.withLock { if $0.count < Self.mostIdle { $0.append(context) } }
  }

  /// Whether a code is a message's; takes as long for a wrong one as for the right one.
  func isValid(
    _ code: UnsafeRawBufferPointer, of message: UnsafeRawBufferPointer
  ) throws(CryptoFault) -> Bool {
    guard code.count == codeBytes else { return false }
    // As long as the longest digest's.
    var expected = InlineArray<64, UInt8>(repeating: 0)
    return try withUnsafeMutableBytes(of: &expected) { memory throws(CryptoFault) in
      guard codeBytes <= memory.count else { throw CryptoFault() }
      let expected = UnsafeMutableRawBufferPointer(rebasing: memory[..<codeBytes])
      try self.code(of: message, into: expected)
      return CRYPTO_memcmp(code.baseAddress, expected.baseAddress, codeBytes) == 0
    }
  }

  /// Owns a context.
  ///
  /// `@unchecked`: the one that has the key is only copied from once it is made, and OpenSSL reads it
  /// for that; any other one is used by one thread at a time, which has taken it out of the idle ones.
  private final class Context: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer?) throws(CryptoFault) {
      guard let pointer else { throw CryptoFault() }
      self.pointer = pointer
    }

    deinit { EVP_MAC_CTX_free(pointer) }
  }
}
