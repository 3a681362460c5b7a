internal import COpenSSL

/// A key of AES-256 in Galois/Counter Mode (NIST SP 800-38D).
final class SealingKey: Sendable {
  /// The key's size in bytes.
  static let keyBytes = 32
  /// The initialization vector's size in bytes (RFC 7518, section 5.3).
  static let vectorBytes = 12
  /// The authentication tag's size in bytes.
  static let tagBytes = 16

  /// The key itself, which other keys are derived from too.
  let secret: SecretBytes

  /// Takes a secret of 32 bytes; nil for any other size.
  init?(_ secret: SecretBytes) {
    guard secret.count == Self.keyBytes else { return nil }
    self.secret = secret
  }

  /// A text that was sealed.
  struct Box {
    var vector: [UInt8]
    var ciphertext: [UInt8]
    var tag: [UInt8]
  }

  /// Encrypts a text under a fresh random vector, and authenticates it together with `header`.
  func seal(_ text: [UInt8], header: [UInt8]) throws(CryptoFault) -> Box {
    var box = Box(
      vector: [UInt8](repeating: 0, count: Self.vectorBytes),
      ciphertext: [UInt8](repeating: 0, count: text.count),
      tag: [UInt8](repeating: 0, count: Self.tagBytes))
    try CryptoFault.check(RAND_bytes(&box.vector, Int32(Self.vectorBytes)))
    let context = try CipherContext()
    let vector = box.vector
    try secret.withBytes { key throws(CryptoFault) in
      try CryptoFault.check(
        EVP_EncryptInit_ex(
          context.pointer, EVP_aes_256_gcm(), nil,
          key.baseAddress?.assumingMemoryBound(to: UInt8.self), vector))
    }
    var count: Int32 = 0
    try CryptoFault.check(
      EVP_EncryptUpdate(context.pointer, nil, &count, header, try Self.length(header)))
    try CryptoFault.check(
      EVP_EncryptUpdate(context.pointer, &box.ciphertext, &count, text, try Self.length(text)))
    // Galois/Counter Mode has no last block: this writes nothing.
    try CryptoFault.check(EVP_EncryptFinal_ex(context.pointer, nil, &count))
    try CryptoFault.check(
      EVP_CIPHER_CTX_ctrl(
        context.pointer, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagBytes), &box.tag))
    return box
  }

  /// Decrypts a text.
  ///
  /// - Returns: nil when it, its tag or the header has been changed, or the key is another one.
  func open(_ box: Box, header: [UInt8]) throws(CryptoFault) -> [UInt8]? {
    guard box.vector.count == Self.vectorBytes, box.tag.count == Self.tagBytes else { return nil }
    let context = try CipherContext()
    try secret.withBytes { key throws(CryptoFault) in
      try CryptoFault.check(
        EVP_DecryptInit_ex(
          context.pointer, EVP_aes_256_gcm(), nil,
          key.baseAddress?.assumingMemoryBound(to: UInt8.self), box.vector))
    }
    var count: Int32 = 0
    var text = [UInt8](repeating: 0, count: box.ciphertext.count)
    try CryptoFault.check(
      EVP_DecryptUpdate(context.pointer, nil, &count, header, try Self.length(header)))
    try CryptoFault.check(
      EVP_DecryptUpdate(
        context.pointer, &text, &count, box.ciphertext, try Self.length(box.ciphertext)))
    var tag = box.tag
    try CryptoFault.check(
      EVP_CIPHER_CTX_ctrl(context.pointer, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagBytes), &tag))
    guard EVP_DecryptFinal_ex(context.pointer, nil, &count) == 1 else {
      ERR_clear_error()
      text.cleanse()
      return nil
    }
    return text
  }

  private static func length(_ bytes: [UInt8]) throws(CryptoFault) -> Int32 {
    guard let length = Int32(exactly: bytes.count) else { throw CryptoFault() }
    return length
  }
}

/// Owns a cipher's context.
private final class CipherContext {
  let pointer: OpaquePointer

  init() throws(CryptoFault) {
    guard let pointer = EVP_CIPHER_CTX_new() else { throw CryptoFault() }
    self.pointer = pointer
  }

  deinit { EVP_CIPHER_CTX_free(pointer) }
}
