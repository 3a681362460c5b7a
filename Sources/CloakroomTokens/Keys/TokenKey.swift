internal import COpenSSL

/// One key with its name, its one algorithm and what it may be used for.
public final class TokenKey: Sendable {
  /// What the key consists of.
  enum Material: Sendable {
    case mac(MACKey)
    case pair(AsymmetricKey)
    case sealing(SealingKey)
  }

  /// How long an HMAC secret is at most, in bytes.
  private static let longestSecret = 1024
  /// RSA's sizes in bits; larger ones would take milliseconds for each signature that is verified.
  private static let modulusBits = 2048...8192

  /// The name that tokens carry as `kid`.
  public let id: String
  /// The one algorithm that it is used with.
  public let algorithm: KeyAlgorithm
  /// What it may be used for.
  public let state: KeyState
  /// What it consists of.
  let material: Material
  /// The header of the tokens without a purpose that it signs.
  let plainHeader: IssuedHeader

  private init(id: String, _ algorithm: KeyAlgorithm, _ state: KeyState, _ material: Material) {
    self.id = id
    self.algorithm = algorithm
    self.state = state
    self.material = material
    plainHeader = IssuedHeader(algorithm, id: id, type: IssuedHeader.plainType)
  }

  /// A key of a shared secret.
  convenience init(
    id: String, _ algorithm: KeyAlgorithm, _ state: KeyState, secret: SecretBytes
  ) throws(KeyFault) {
    guard Self.isID(id) else { throw .badID }
    switch algorithm.family {
    case .mac(let digest, let bytes):
      guard (bytes...Self.longestSecret).contains(secret.count) else {
        throw .wrongSize(algorithm)
      }
      guard let key = try? MACKey(secret, digest: digest, codeBytes: bytes) else { throw .unsound }
      self.init(id: id, algorithm, state, .mac(key))
    case .sealing:
      guard let key = SealingKey(secret) else { throw .wrongSize(algorithm) }
      self.init(id: id, algorithm, state, .sealing(key))
    case .rsa, .ecdsa, .edDSA:
      throw .wrongKind(algorithm)
    }
  }

  /// A key of a public and perhaps a private half. A public half alone verifies only.
  convenience init(
    id: String, _ algorithm: KeyAlgorithm, _ state: KeyState, pair: AsymmetricKey
  ) throws(KeyFault) {
    guard Self.isID(id) else { throw .badID }
    guard let scheme = algorithm.scheme, Self.fits(pair, algorithm) else {
      throw .wrongKind(algorithm)
    }
    if case .rsa = algorithm.family, !Self.modulusBits.contains(pair.bits) { throw .wrongModulus }
    guard pair.isSound(scheme) else { throw .unsound }
    self.init(
      id: id, algorithm, state == .active && !pair.isPrivate ? .verifyOnly : state, .pair(pair))
  }

  private static func fits(_ pair: AsymmetricKey, _ algorithm: KeyAlgorithm) -> Bool {
    switch algorithm.family {
    case .rsa: pair.isKind("RSA")
    case .ecdsa(_, let curve, _): pair.isKind("EC") && pair.curve == curve
    case .edDSA: pair.isKind("ED25519")
    case .mac, .sealing: false
    }
  }

  /// Whether a text may be a key's name.
  public static func isID(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }

  /// Whether signing takes so little time that an event loop may do it: all but RSA, and but the curve
  /// P-384, for which OpenSSL has no fast code.
  public var signsQuickly: Bool {
    switch algorithm {
    case .hs256, .hs384, .hs512, .es256, .edDSA, .a256GCM: true
    case .rs256, .ps256, .es384: false
    }
  }

  /// Whether verifying takes so little time that an event loop may do it.
  public var verifiesQuickly: Bool {
    switch algorithm {
    case .hs256, .hs384, .hs512, .es256, .edDSA, .a256GCM: true
    case .es384: false
    case .rs256, .ps256:
      if case .pair(let pair) = material { pair.bits <= 4096 } else { false }
    }
  }

  // MARK: Signatures

  /// How many bytes a signature has; none for a key that seals.
  var signatureBytes: Int {
    switch (material, algorithm.family) {
    case (.mac(let key), _): key.codeBytes
    case (.pair, .ecdsa(_, _, let size)): 2 * size
    case (.pair(let pair), _): pair.signatureBytes
    case (.sealing, _): 0
    }
  }

  /// Writes the signature of a message, in the form that JOSE has.
  ///
  /// - Parameter output: `signatureBytes` bytes.
  func sign(
    _ message: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CryptoFault) {
    let signature: [UInt8]
    switch (material, algorithm.family) {
    case (.mac(let key), _):
      return try key.code(of: message, into: output)
    case (.pair(let pair), .ecdsa(let scheme, _, let size)):
      signature = try ECDSASignature.raw(der: try pair.signature(of: message, scheme), size: size)
    case (.pair(let pair), .rsa(let scheme)):
      signature = try pair.signature(of: message, scheme)
    case (.pair(let pair), _):
      signature = try pair.signature(of: message, .init())
    case (.sealing, _):
      throw CryptoFault()
    }
    guard signature.count == output.count else { throw CryptoFault() }
    output.copyBytes(from: signature)
  }

  /// Whether a signature, in the form that JOSE has, is a message's.
  func isValid(
    _ signature: UnsafeRawBufferPointer, of message: UnsafeRawBufferPointer
  ) throws(CryptoFault) -> Bool {
    switch (material, algorithm.family) {
    case (.mac(let key), _):
      return try key.isValid(signature, of: message)
    case (.pair(let pair), .ecdsa(let scheme, _, let size)):
      guard let der = try ECDSASignature.der(raw: signature, size: size) else { return false }
      return try der.span.bytes.withUnsafeBytes { der throws(CryptoFault) in
        try pair.isValid(der, of: message, scheme)
      }
    case (.pair(let pair), .rsa(let scheme)):
      return try pair.isValid(signature, of: message, scheme)
    case (.pair(let pair), _):
      return try pair.isValid(signature, of: message, .init())
    case (.sealing, _):
      return false
    }
  }
}

/// What a key may still be used for. It only ever goes down this list.
public enum KeyState: String, CaseIterable, Sendable, Hashable {
  /// It signs (or seals), and verifies.
  case active
  /// It verifies what it has signed, and signs nothing more.
  case verifyOnly = "verify-only"
  /// It is not used any more: what it has signed is refused.
  case retired
}

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
