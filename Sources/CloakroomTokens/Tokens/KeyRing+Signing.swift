public import CloakroomCore
internal import CloakroomWire
public import NIOCore

extension KeyRing {
  /// Makes a token: claims that are signed, and sealed too when that is wanted.
  ///
  /// A sealed token is a signed one inside of an encrypted one (RFC 7519, section 11.2): with the
  /// sealing key alone one can read it, not make one.
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
    if let purpose = claims.purpose, !PlainName.accepts(purpose) {
      throw RPCError(.invalidParams, "purpose is \(PlainName.rule)")
    }
    let id = try TokenID.random(prefix: claims.idPrefix)
    let header =
      claims.purpose.map {
        IssuedHeader(key.algorithm, id: key.id, type: TokenClaims.type(purpose: $0))
      } ?? key.plainHeader
    var token = try signed(try claims.payload(id: id), header, key)
    if let sealer { token = try sealed(token, sealer) }
    guard token.readableBytes <= tokenBytes else { throw tooLong }
    noteSignature()
    return SignedToken(bytes: token, id: id, expiresAtMs: claims.expiresAtMs)
  }

  private var tooLong: RPCError {
    RPCError(.tooLarge, "a token has at most \(tokenBytes) bytes: put less into claims")
  }

  /// Signs a payload (RFC 7515, section 5.1).
  private func signed(
    _ payload: ByteBuffer, _ header: IssuedHeader, _ key: TokenKey
  ) throws(RPCError) -> ByteBuffer {
    let signatureBytes = key.signatureBytes
    var token = ByteBuffer()
    token.reserveCapacity(
      header.segment.readableBytes + Base64URL.encodedCount(payload.readableBytes)
        + Base64URL.encodedCount(signatureBytes) + 2)
    token.writeImmutableBuffer(header.segment)
    token.writeStaticString(".")
    payload.withUnsafeReadableBytes { token.writeBase64URL($0) }
    try withUnsafeTemporaryAllocation(byteCount: signatureBytes, alignment: 1) {
      signature throws(RPCError) in
      try token.readableBytesSpan.withUnsafeBytes { input throws(RPCError) in
        try cryptography { () throws(CryptoFault) in try key.sign(input, into: signature) }
      }
      token.writeStaticString(".")
      token.writeBase64URL(UnsafeRawBufferPointer(signature))
    }
    return token
  }

  /// Seals a signed token (RFC 7516, section 5.1, with `dir` of RFC 7518, section 4.5).
  private func sealed(_ token: ByteBuffer, _ key: TokenKey) throws(RPCError) -> ByteBuffer {
    guard case .sealing(let sealing) = key.material else { throw RPCError(.internal) }
    // `cty` says that there is a token within, RFC 7519 section 5.2.
    var json = ByteBuffer(string: "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"cty\":\"JWT\",\"kid\":")
    json.writeJSONString(key.id)
    json.writeStaticString("}")
    var sealed = ByteBuffer()
    json.withUnsafeReadableBytes { sealed.writeBase64URL($0) }
    let header = Array(sealed.readableBytesView)
    let box = try cryptography { () throws(CryptoFault) in
      try sealing.seal(Array(token.readableBytesView), header: header)
    }
    // The key is used as it is: there is no encrypted one between the first two dots.
    sealed.writeStaticString(".")
    for part in [box.vector, box.ciphertext, box.tag] {
      sealed.writeStaticString(".")
      part.withUnsafeBytes { sealed.writeBase64URL($0) }
    }
    return sealed
  }
}

/// A token that was just made.
public struct SignedToken: Sendable {
  /// The token, in ASCII: letters, digits, `-`, `_` and dots.
  public let bytes: ByteBuffer
  /// Its `jti`, 128 random bits.
  public let id: String
  /// Its `exp`, in milliseconds since 1970 (UTC).
  public let expiresAtMs: Int64

  /// The token as a string.
  public var text: String { String(buffer: bytes) }
}
