internal import COpenSSL

/// Keys as PEM files (RFC 7468): a private key in PKCS #8 or in the older forms of its kind, or a
/// public key.
extension TokenKey {
  /// Reads a PEM file.
  ///
  /// - Parameters:
  ///   - algorithm: the one algorithm; nil takes the one that there is for the key's kind, and RS256
  ///     for RSA.
  convenience init(
    pem text: [UInt8], name: String, algorithm: KeyAlgorithm?, state: KeyState
  ) throws(KeyFault) {
    guard let pair = Self.pair(pem: text) else { throw .notPEM }
    guard let algorithm = algorithm ?? Self.algorithm(of: pair) else { throw .unknownAlgorithm }
    try self.init(id: name, algorithm, state, pair: pair)
  }

  private static func algorithm(of pair: AsymmetricKey) -> KeyAlgorithm? {
    if pair.isKind("RSA") { return .rs256 }
    if pair.isKind("ED25519") { return .edDSA }
    return KeyAlgorithm.allCases.first { $0.curve != nil && $0.curve == pair.curve }
  }

  private static func pair(pem text: [UInt8]) -> AsymmetricKey? {
    defer { ERR_clear_error() }
    // A key that wants a password is refused; OpenSSL's own function would ask at the terminal.
    let noPassword:
      @convention(c) (
        UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?
      ) -> Int32 = { _, _, _, _ in -1 }
    return text.withUnsafeBytes { bytes in
      for isPrivate in [true, false] {
        guard let file = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else {
          return nil
        }
        defer { BIO_free(file) }
        let key =
          isPrivate
          ? PEM_read_bio_PrivateKey(file, nil, noPassword, nil)
          : PEM_read_bio_PUBKEY(file, nil, noPassword, nil)
        if let key { return AsymmetricKey(owning: key, isPrivate: isPrivate) }
      }
      return nil
    }
  }
}
