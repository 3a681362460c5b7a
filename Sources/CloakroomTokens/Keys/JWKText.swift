internal import COpenSSL
internal import CloakroomWire

/// Writes keys as JSON Web Keys (RFC 7517), members in the order in which they are mostly shown.
struct JWKText {
  /// The text so far. A writer of a private key overwrites it in the end.
  private(set) var bytes: [UInt8] = []

  /// The public half of an asymmetric key, for a key set that anybody may have.
  init(publicHalfOf key: TokenKey) throws(CryptoFault) {
    guard case .pair(let pair) = key.material else { throw CryptoFault() }
    begin(id: key.id, key.algorithm)
    try writePublic(pair, key.algorithm)
    bytes.append(UInt8(ascii: "}"))
  }

  /// A whole pair of keys.
  init(pair: AsymmetricKey, id: String, _ algorithm: KeyAlgorithm) throws(CryptoFault) {
    begin(id: id, algorithm)
    try writePublic(pair, algorithm)
    try writePrivate(pair, algorithm)
    bytes.append(contentsOf: Array("}\n".utf8))
  }

  /// A secret.
  init(secret: SecretBytes, id: String, _ algorithm: KeyAlgorithm) {
    begin(id: id, algorithm)
    write("k", secret)
    bytes.append(contentsOf: Array("}\n".utf8))
  }

  /// Overwrites the text.
  mutating func cleanse() { bytes.cleanse() }

  private mutating func begin(id: String, _ algorithm: KeyAlgorithm) {
    // So large that it is never moved: what is left behind would not be overwritten.
    bytes.reserveCapacity(16_384)
    bytes.append(UInt8(ascii: "{"))
    write("kty", algorithm.keyType, isFirst: true)
    write("kid", id)
    write("use", algorithm.isForSigning ? "sig" : "enc")
    // Of a sealing key as well: `dir` is the way of using a key, and Debian's jose takes no key for it.
    write("alg", algorithm.rawValue)
  }

  private mutating func writePublic(
    _ pair: AsymmetricKey, _ algorithm: KeyAlgorithm
  ) throws(CryptoFault) {
    switch algorithm.family {
    case .rsa:
      write("n", try pair.number(OSSL_PKEY_PARAM_RSA_N))
      write("e", try pair.number(OSSL_PKEY_PARAM_RSA_E))
    case .ecdsa(_, let curve, let size):
      write("crv", curve)
      write("x", try pair.number(OSSL_PKEY_PARAM_EC_PUB_X, size: size))
      write("y", try pair.number(OSSL_PKEY_PARAM_EC_PUB_Y, size: size))
    case .edDSA:
      write("crv", "Ed25519")
      write("x", try pair.rawPublic())
    case .mac, .sealing:
      throw CryptoFault()
    }
  }

  private mutating func writePrivate(
    _ pair: AsymmetricKey, _ algorithm: KeyAlgorithm
  ) throws(CryptoFault) {
    switch algorithm.family {
    case .rsa:
      write("d", try pair.number(OSSL_PKEY_PARAM_RSA_D))
      write("p", try pair.number(RSANumber.factor1))
      write("q", try pair.number(RSANumber.factor2))
      write("dp", try pair.number(RSANumber.exponent1))
      write("dq", try pair.number(RSANumber.exponent2))
      write("qi", try pair.number(RSANumber.coefficient1))
    case .ecdsa(_, _, let size):
      write("d", try pair.number(OSSL_PKEY_PARAM_PRIV_KEY, size: size))
    case .edDSA:
      write("d", try pair.rawPrivate())
    case .mac, .sealing:
      throw CryptoFault()
    }
  }

  private mutating func write(_ name: String, _ value: String, isFirst: Bool = false) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    JSONString.quote(name, into: &bytes)
    bytes.append(UInt8(ascii: ":"))
    JSONString.quote(value, into: &bytes)
  }

  private mutating func write(_ name: String, _ value: SecretBytes) {
    bytes.append(UInt8(ascii: ","))
    JSONString.quote(name, into: &bytes)
    bytes.append(contentsOf: [UInt8(ascii: ":"), UInt8(ascii: "\"")])
    value.withBytes { Base64URL.encode($0, into: &bytes) }
    bytes.append(UInt8(ascii: "\""))
  }
}

/// OpenSSL's names for the numbers that make signing with RSA fast. Its header makes them of other
/// macros, which Swift can't see.
enum RSANumber {
  static let factor1 = "rsa-factor1"
  static let factor2 = "rsa-factor2"
  static let exponent1 = "rsa-exponent1"
  static let exponent2 = "rsa-exponent2"
  static let coefficient1 = "rsa-coefficient1"
}
