public import CloakroomCore
internal import CloakroomWire

extension KeyRing {
  /// Makes a token: claims that are signed, and sealed too when that is wanted.
  ///
  /// A sealed token is a signed one inside of an encrypted one (RFC 7519, section 11.2): whoever has
  /// the sealing key can read it, and still can't make one.
  ///
  /// - Parameters:
  ///   - keyID: the key to sign with; nil takes the newest active one.
  ///   - seal: whether nobody without the sealing key can read the claims.
  /// - Throws: INVALID_PARAMS for claims that may not be or a key that isn't there, UNAVAILABLE when
  ///   there is no key for it, TOO_LARGE for a token that would be longer than tokens may be.
  public func sign(
    _ claims: TokenClaims, keyID: String? = nil, seal: Bool = false
  ) throws(RPCError) -> SignedToken {
    let key = try signingKey(keyID)
    let sealer = seal ? try sealingKey() : nil
    guard claims.own.readableBytes <= tokenBytes else { throw tooLong }
    if let purpose = claims.purpose, !TokenClaims.isPurpose(purpose) {
      throw RPCError(.invalidParams, "purpose is 1 to 64 of A-Z a-z 0-9 . _ -")
    }
    // RFC 7519, section 4.1.7; as long as a UUID, and all of it random.
    let id = try cryptography { () throws(CryptoFault) in try Self.randomID(bytes: 16) }
    var token = try signed(
      try claims.payload(id: id), type: TokenClaims.type(purpose: claims.purpose), key)
    if let sealer { token = try sealed(token, sealer) }
    guard token.count <= tokenBytes else { throw tooLong }
    return SignedToken(
      text: String(decoding: token, as: UTF8.self), id: id, expiresAtMs: claims.expiresAtMs)
  }

  private var tooLong: RPCError {
    RPCError(.tooLarge, "a token has at most \(tokenBytes) bytes: put less into claims")
  }

  /// Signs a payload (RFC 7515, section 5.1).
  private func signed(
    _ payload: [UInt8], type: String, _ key: TokenKey
  ) throws(RPCError) -> [UInt8] {
    var header = Array("{\"alg\":\"\(key.algorithm.rawValue)\",\"typ\":".utf8)
    JSONString.quote(type, into: &header)
    header.append(contentsOf: Array(",\"kid\":".utf8))
    JSONString.quote(key.id, into: &header)
    header.append(UInt8(ascii: "}"))
    var token: [UInt8] = []
    token.reserveCapacity((header.count + payload.count) * 4 / 3 + 700)
    Base64URL.encode(header, into: &token)
    token.append(UInt8(ascii: "."))
    Base64URL.encode(payload, into: &token)
    let input = token
    let signature = try cryptography { () throws(CryptoFault) in try key.signature(of: input) }
    token.append(UInt8(ascii: "."))
    Base64URL.encode(signature, into: &token)
    return token
  }

  /// Seals a signed token (RFC 7516, section 5.1, with `dir` of RFC 7518, section 4.5).
  private func sealed(_ token: [UInt8], _ key: TokenKey) throws(RPCError) -> [UInt8] {
    guard case .sealing(let sealing) = key.material else { throw RPCError(.internal) }
    // `cty` says that there is a token within, RFC 7519 section 5.2.
    var json = Array("{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"cty\":\"JWT\",\"kid\":".utf8)
    JSONString.quote(key.id, into: &json)
    json.append(UInt8(ascii: "}"))
    var header: [UInt8] = []
    Base64URL.encode(json, into: &header)
    let name = header
    let box = try cryptography { () throws(CryptoFault) in
      try sealing.seal(token, header: name)
    }
    var sealed = header
    // The key is used as it is: there is no encrypted one between the first two dots.
    sealed.append(contentsOf: [UInt8(ascii: "."), UInt8(ascii: ".")])
    Base64URL.encode(box.vector, into: &sealed)
    sealed.append(UInt8(ascii: "."))
    Base64URL.encode(box.ciphertext, into: &sealed)
    sealed.append(UInt8(ascii: "."))
    Base64URL.encode(box.tag, into: &sealed)
    return sealed
  }
}
