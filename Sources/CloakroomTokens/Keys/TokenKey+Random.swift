/// Keys that are made and not written anywhere.
extension TokenKey {
  /// A new active key.
  ///
  /// - Parameter rsaBits: the size of an RSA key.
  public static func random(
    _ algorithm: KeyAlgorithm, id: String, rsaBits: Int = 2048
  ) throws(KeyFault) -> TokenKey {
    let secret: SecretBytes
    do throws(CryptoFault) {
      switch algorithm.family {
      case .mac(_, let bytes):
        secret = try .random(count: bytes)
      case .sealing:
        secret = try .random(count: SealingKey.keyBytes)
      case .rsa, .ecdsa, .edDSA:
        let pair = try AsymmetricKey.generate(algorithm, rsaBits: rsaBits)
        do throws(KeyFault) {
          return try TokenKey(id: id, algorithm, .active, pair: pair)
        } catch {
          throw CryptoFault()
        }
      }
    } catch {
      throw .notMade
    }
    return try TokenKey(id: id, algorithm, .active, secret: secret)
  }
}
