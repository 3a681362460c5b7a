internal import COpenSSL

/// The numbers that a key consists of.
extension AsymmetricKey {
  /// One number, or one string of octets, by OpenSSL's name for it.
  enum Part {
    /// A number, most significant byte first.
    case number(String, SecretBytes)
    /// Octets.
    case octets(String, [UInt8])
    /// A name, as that of a curve.
    case name(String, String)
  }

  /// Makes a key of its parts.
  ///
  /// - Parameters:
  ///   - kind: OpenSSL's name of the kind of key, `RSA` or `EC`.
  ///   - isPrivate: whether a private key is among the parts.
  convenience init(
    kind: String, isPrivate: Bool, parts: [Part]
  ) throws(CryptoFault) {
    let builder = try PartBuilder()
    for part in parts { try builder.add(part) }
    guard let parameters = OSSL_PARAM_BLD_to_param(builder.pointer) else { throw CryptoFault() }
    defer { OSSL_PARAM_free(parameters) }
    guard let context = EVP_PKEY_CTX_new_from_name(nil, kind, nil) else { throw CryptoFault() }
    defer { EVP_PKEY_CTX_free(context) }
    try CryptoFault.check(EVP_PKEY_fromdata_init(context))
    var key: OpaquePointer?
    // What it points at lives until here, and for as long as the parameters do.
    defer { withExtendedLifetime(builder) {} }
    let selection = isPrivate ? cloakroom_key_pair : cloakroom_public_key
    let result = EVP_PKEY_fromdata(context, &key, selection, parameters)
    guard result == 1, let key else { throw CryptoFault() }
    self.init(owning: key, isPrivate: isPrivate)
  }

  /// An Ed25519 key of its private half, or of its public one (RFC 8032).
  convenience init(ed25519Private seed: SecretBytes) throws(CryptoFault) {
    let key = seed.withBytes { bytes in
      EVP_PKEY_new_raw_private_key_ex(
        nil, "ED25519", nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
    guard let key else { throw CryptoFault() }
    self.init(owning: key, isPrivate: true)
  }

  /// An Ed25519 key that only verifies.
  convenience init(ed25519Public point: [UInt8]) throws(CryptoFault) {
    guard let key = EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, point, point.count) else {
      throw CryptoFault()
    }
    self.init(owning: key, isPrivate: false)
  }

  /// Makes a new key.
  static func generate(_ algorithm: KeyAlgorithm, rsaBits: Int) throws(CryptoFault)
    -> AsymmetricKey
  {
    let key =
      switch algorithm.family {
      case .rsa: cloakroom_rsa_generate(UInt32(clamping: rsaBits))
      case .ecdsa(_, let curve, _): cloakroom_ec_generate(curve)
      case .edDSA: cloakroom_ed25519_generate()
      case .mac, .sealing: OpaquePointer?.none
      }
    guard let key else { throw CryptoFault() }
    return AsymmetricKey(owning: key, isPrivate: true)
  }

  // MARK: Taking a key apart

  /// The curve, by the name that JOSE has for it too; nil for a key without one.
  var curve: String? {
    var name = [CChar](repeating: 0, count: 64)
    var count = 0
    guard
      EVP_PKEY_get_utf8_string_param(
        pointer, OSSL_PKEY_PARAM_GROUP_NAME, &name, name.count, &count) == 1
    else {
      ERR_clear_error()
      return nil
    }
    let text = String(
      decoding: name.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // A key from a PEM file has the name that X9.62 and SECG give it.
    return switch text {
    case "prime256v1": "P-256"
    case "secp384r1": "P-384"
    default: text
    }
  }

  /// A number of the key.
  ///
  /// - Parameter size: how many bytes to write it in, with zeros in front; nil takes as many as there
  ///   have to be.
  func number(_ name: String, size: Int? = nil) throws(CryptoFault) -> SecretBytes {
    var number: OpaquePointer?
    try CryptoFault.check(EVP_PKEY_get_bn_param(pointer, name, &number))
    guard let number else { throw CryptoFault() }
    defer { BN_clear_free(number) }
    let count = size ?? Int(BN_num_bits(number) + 7) / 8
    return try SecretBytes(count: count) { memory throws(CryptoFault) in
      let length = Int32(clamping: count)
      guard
        BN_bn2binpad(number, memory.baseAddress?.assumingMemoryBound(to: UInt8.self), length)
          == length
      else { throw CryptoFault() }
    }
  }

  /// The private half of an Ed25519 key.
  func rawPrivate() throws(CryptoFault) -> SecretBytes {
    try SecretBytes(count: 32) { memory throws(CryptoFault) in
      var count = memory.count
      try CryptoFault.check(
        EVP_PKEY_get_raw_private_key(
          pointer, memory.baseAddress?.assumingMemoryBound(to: UInt8.self), &count))
    }
  }

  /// The public half of an Ed25519 key.
  func rawPublic() throws(CryptoFault) -> SecretBytes {
    try SecretBytes(count: 32) { memory throws(CryptoFault) in
      var count = memory.count
      try CryptoFault.check(
        EVP_PKEY_get_raw_public_key(
          pointer, memory.baseAddress?.assumingMemoryBound(to: UInt8.self), &count))
    }
  }
}
