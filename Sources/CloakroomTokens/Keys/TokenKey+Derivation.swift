internal import COpenSSL

/// Keys that are derived from a key for another use than its own.
extension TokenKey {
  /// What other keys are derived from: the shared secret, or the private half. Nil for a key that has
  /// a public half alone.
  private func root() throws(CryptoFault) -> SecretBytes? {
    switch material {
    case .mac(let key): return key.secret
    case .sealing(let key): return key.secret
    case .pair(let pair) where !pair.isPrivate: return nil
    case .pair(let pair):
      return switch algorithm.family {
      case .rsa: try pair.number(OSSL_PKEY_PARAM_RSA_D)
      case .ecdsa: try pair.number(OSSL_PKEY_PARAM_PRIV_KEY)
      default: try pair.rawPrivate()
      }
    }
  }

  /// A key that seals.
  ///
  /// - Parameter info: what for; each has a key of its own.
  /// - Returns: nil for a key that has a public half alone.
  func sealingKey(info: [UInt8]) throws(CryptoFault) -> SealingKey? {
    guard let root = try root() else { return nil }
    return SealingKey(try HKDF.key(of: root, info: info, count: SealingKey.keyBytes))
  }
}
