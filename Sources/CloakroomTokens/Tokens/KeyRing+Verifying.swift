public import CloakroomCore
internal import NIOCore

extension KeyRing {
  /// Takes in a token, and believes it only when everything about it is right.
  ///
  /// In this order (RFC 7515, section 5.2; RFC 8725, section 3): its length; its form; the header,
  /// which names one of the ring's keys, whose one algorithm has to be the header's; the signature;
  /// and only then the claims.
  ///
  /// - Parameters:
  ///   - nowMs: the time, in milliseconds since 1970 (UTC).
  /// - Throws: TOKEN_INVALID, WRONG_TYPE, EXPIRED; the message says what is wrong, and has nothing of
  ///   the token.
  public func verify(
    _ token: String, expecting expectation: TokenExpectation, nowMs: Int64
  ) throws(RPCError) -> VerifiedToken {
    let token = try authenticate(token)
    try token.check(expectation, nowMs: nowMs)
    return token
  }

  /// Takes in a token whatever it is for and however old it is, as long as its signature is right.
  ///
  /// - Throws: TOKEN_INVALID.
  public func authenticate(_ token: String) throws(RPCError) -> VerifiedToken {
    guard token.utf8.count <= tokenBytes else { throw .badToken("it is too long") }
    return try token.utf8.span.bytes.withUnsafeBytes { token throws(RPCError) in
      switch try CompactToken(token) {
      case .signed(let header, let payload, let signature):
        return try authenticated(token, header: header, payload: payload, signature: signature)
      case .sealed(let header, let encryptedKey, let vector, let ciphertext, let tag):
        let opened = try unsealed(
          token, header: header, encryptedKey: encryptedKey, vector: vector,
          ciphertext: ciphertext, tag: tag)
        return try opened.span.bytes.withUnsafeBytes { token throws(RPCError) in
          guard case .signed(let header, let payload, let signature) = try CompactToken(token)
          else { throw .badToken("it is sealed twice") }
          return try authenticated(token, header: header, payload: payload, signature: signature)
        }
      }
    }
  }

  /// Whether an event loop may verify a token itself. A token that is not one is refused quickly.
  public func verifiesQuickly(_ token: String) -> Bool {
    // A sealed token's own key is not known before it is opened; one slow key in the ring is enough.
    if allVerifyQuickly { return true }
    guard token.utf8.count <= tokenBytes else { return true }
    return token.utf8.span.bytes.withUnsafeBytes { bytes in
      guard let parts = try? CompactToken(bytes) else { return true }
      guard case .signed(let range, _, _) = parts else { return false }
      guard
        let header = try? JOSEHeader(UnsafeRawBufferPointer(rebasing: bytes[range])),
        let algorithm = KeyAlgorithm(rawValue: header.algorithm),
        let key = try? key(header.keyID, for: algorithm)
      else { return true }
      return key.verifiesQuickly
    }
  }

  /// Checks a signed token's header and signature, and reads its claims.
  private func authenticated(
    _ token: UnsafeRawBufferPointer, header: Range<Int>, payload: Range<Int>,
    signature: Range<Int>
  ) throws(RPCError) -> VerifiedToken {
    let claimed = try signer(of: UnsafeRawBufferPointer(rebasing: token[header]))
    let encoded = UnsafeRawBufferPointer(rebasing: token[signature])
    let input = UnsafeRawBufferPointer(rebasing: token[..<payload.upperBound])
    guard let count = Base64URL.decodedCount(encoded.count) else {
      throw .badToken("its signature is not base64url")
    }
    try withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) {
      signature throws(RPCError) in
      guard Base64URL.decode(encoded, into: signature) else {
        throw .badToken("its signature is not base64url")
      }
      let isValid = try cryptography { () throws(CryptoFault) in
        try claimed.key.isValid(UnsafeRawBufferPointer(signature), of: input)
      }
      guard isValid else { throw .badToken("its signature is wrong") }
    }
    guard let claims = ByteBuffer(base64URL: UnsafeRawBufferPointer(rebasing: token[payload]))
    else {
      throw .badToken("its claims are not base64url")
    }
    return try VerifiedToken(claims: claims, header: claimed.header, type: claimed.type)
  }

  /// The key that a header names, and what else it says.
  private func signer(
    of segment: UnsafeRawBufferPointer
  ) throws(RPCError) -> (key: TokenKey, header: ByteBuffer, type: String?) {
    // A header as the sidecar itself writes it says what it always says.
    if let key = familiar.first(where: { $0.plainHeader.isWritten(segment) }) {
      return (key, key.plainHeader.json, IssuedHeader.plainType)
    }
    let header = try JOSEHeader(segment)
    // `none` is no algorithm here, however it is written.
    guard let algorithm = KeyAlgorithm(rawValue: header.algorithm), algorithm.isForSigning else {
      throw .badToken("its alg is not one that is taken")
    }
    return (try key(header.keyID, for: algorithm), header.json, header.type)
  }

  /// Decrypts a sealed token (RFC 7516, section 5.2).
  ///
  /// - Returns: the signed token within, which nobody has verified yet.
  private func unsealed(
    _ token: UnsafeRawBufferPointer, header: Range<Int>, encryptedKey: Range<Int>,
    vector: Range<Int>, ciphertext: Range<Int>, tag: Range<Int>
  ) throws(RPCError) -> [UInt8] {
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(rebasing: token[range])
    }
    let outer = try JOSEHeader(part(header))
    guard
      outer.algorithm == "dir", outer.encryption == KeyAlgorithm.a256GCM.rawValue,
      encryptedKey.isEmpty
    else { throw .badToken("it is not sealed with dir and A256GCM") }
    guard outer.contentType.map(JOSEHeader.mediaType) == "jwt" else {
      throw .badToken("what is sealed in it is no token")
    }
    let key = try key(outer.keyID, for: .a256GCM)
    guard case .sealing(let sealing) = key.material else { throw RPCError(.internal) }
    guard
      let vector = Base64URL.decode(part(vector)), let tag = Base64URL.decode(part(tag)),
      let ciphertext = Base64URL.decode(part(ciphertext))
    else { throw .badToken("a part of it is not base64url") }
    let name = Array(part(header))
    let box = SealingKey.Box(vector: vector, ciphertext: ciphertext, tag: tag)
    let opened = try cryptography { () throws(CryptoFault) in
      try sealing.open(box, header: name)
    }
    guard let opened else { throw .badToken("its seal is broken") }
    return opened
  }
}
