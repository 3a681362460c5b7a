/// What a key is for. A key has one algorithm and is never used with another one (RFC 8725, section
/// 3.1); names are those of the JOSE registry (RFC 7518, RFC 8037).
public enum KeyAlgorithm: String, CaseIterable, Sendable, Hashable {
  /// HMAC with SHA-256.
  case hs256 = "HS256"
  /// HMAC with SHA-384.
  case hs384 = "HS384"
  /// HMAC with SHA-512.
  case hs512 = "HS512"
  /// RSASSA-PKCS1-v1_5 with SHA-256.
  case rs256 = "RS256"
  /// RSASSA-PSS with SHA-256.
  case ps256 = "PS256"
  /// ECDSA on P-256 with SHA-256.
  case es256 = "ES256"
  /// ECDSA on P-384 with SHA-384.
  case es384 = "ES384"
  /// EdDSA with Ed25519.
  case edDSA = "EdDSA"
  /// Sealing: AES-256-GCM, the key used directly (`dir`).
  case a256GCM = "A256GCM"

  /// Whether it signs; otherwise it seals.
  public var isForSigning: Bool { self != .a256GCM }
  /// Whether there is a public key that may be given away.
  public var isAsymmetric: Bool {
    switch family {
    case .mac, .sealing: false
    case .rsa, .ecdsa, .edDSA: true
    }
  }

  /// Whether a key may be of one size or another, as RSA's may.
  public var takesBits: Bool {
    if case .rsa = family { true } else { false }
  }

  /// How an algorithm works.
  enum Family: Sendable, Equatable {
    case mac(digest: String, bytes: Int)
    case rsa(AsymmetricKey.Scheme)
    /// A curve, and how long a number of its order is, in bytes.
    case ecdsa(AsymmetricKey.Scheme, curve: String, size: Int)
    case edDSA
    case sealing
  }

  var family: Family {
    switch self {
    case .hs256: .mac(digest: "SHA256", bytes: 32)
    case .hs384: .mac(digest: "SHA384", bytes: 48)
    case .hs512: .mac(digest: "SHA512", bytes: 64)
    case .rs256: .rsa(.init(digest: .sha256))
    case .ps256: .rsa(.init(digest: .sha256, isPSS: true))
    case .es256: .ecdsa(.init(digest: .sha256), curve: "P-256", size: 32)
    case .es384: .ecdsa(.init(digest: .sha384), curve: "P-384", size: 48)
    case .edDSA: .edDSA
    case .a256GCM: .sealing
    }
  }

  /// How an asymmetric algorithm's signatures are made; nil for one with a shared secret.
  var scheme: AsymmetricKey.Scheme? {
    switch family {
    case .rsa(let scheme), .ecdsa(let scheme, _, _): scheme
    case .edDSA: .init()
    case .mac, .sealing: nil
    }
  }

  /// The type of the keys that it takes, as a JWK names it (`kty`).
  var keyType: String {
    switch family {
    case .mac, .sealing: "oct"
    case .rsa: "RSA"
    case .ecdsa: "EC"
    case .edDSA: "OKP"
    }
  }

  /// The curve of the keys that it takes, as a JWK names it (`crv`).
  var curve: String? {
    switch family {
    case .ecdsa(_, let curve, _): curve
    case .edDSA: "Ed25519"
    case .mac, .rsa, .sealing: nil
    }
  }
}
