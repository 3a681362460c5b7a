public import CloakroomCore

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
    let (members, claims, text, header) = try open(token)
    try expectation.check(claims, type: header.type, nowMs: nowMs)
    return try VerifiedToken(claims: text, members, claims, header: header.text)
  }

  /// Takes in a token whatever it is for and however old it is, as long as its signature is right: for
  /// revoking it.
  ///
  /// - Throws: TOKEN_INVALID.
  public func authenticate(_ token: String) throws(RPCError) -> VerifiedToken {
    let (members, claims, text, header) = try open(token)
    return try VerifiedToken(claims: text, members, claims, header: header.text)
  }

  /// Whether an event loop may verify a token itself. A token that is not one is refused quickly.
  public func verifiesQuickly(_ token: String) -> Bool {
    // A sealed token's own key is not known before it is opened; one slow key in the ring is enough.
    if keys.allSatisfy(\.verifiesQuickly) { return true }
    guard token.utf8.count <= tokenBytes else { return true }
    let bytes = Array(token.utf8)
    return bytes.span.bytes.withUnsafeBytes { bytes in
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

  private typealias Opened = (
    members: JSONMembers, claims: ReadClaims, text: [UInt8], header: JOSEHeader
  )

  /// Verifies the signature, and reads what was signed.
  private func open(_ token: String) throws(RPCError) -> Opened {
    guard token.utf8.count <= tokenBytes else { throw .badToken("it is too long") }
    var bytes = Array(token.utf8)
    if case .sealed = try bytes.span.bytes.withUnsafeBytes({ bytes throws(RPCError) in
      try CompactToken(bytes)
    }) {
      bytes = try unsealed(bytes)
    }
    let (text, header) = try bytes.span.bytes.withUnsafeBytes { bytes throws(RPCError) in
      try authenticated(bytes)
    }
    let members: JSONMembers
    do throws(JSONMembers.Fault) {
      members = try JSONMembers(text.span.bytes)
    } catch {
      throw .badToken("its claims are not a JSON object, or have a name twice")
    }
    return (members, try ReadClaims(members, text.span.bytes), text, header)
  }

  /// Checks a signed token's header and signature, and decodes its payload.
  private func authenticated(
    _ token: UnsafeRawBufferPointer
  ) throws(RPCError) -> ([UInt8], JOSEHeader) {
    guard case .signed(let headerRange, let payload, let signatureRange) = try CompactToken(token)
    else { throw .badToken("it is sealed twice") }
    let header = try JOSEHeader(UnsafeRawBufferPointer(rebasing: token[headerRange]))
    // `none` is no algorithm here, however it is written.
    guard let algorithm = KeyAlgorithm(rawValue: header.algorithm), algorithm.isForSigning else {
      throw .badToken("its alg is not one that is taken")
    }
    let key = try key(header.keyID, for: algorithm)
    let encoded = UnsafeRawBufferPointer(rebasing: token[signatureRange])
    guard let signature = Base64URL.decode(encoded) else {
      throw .badToken("its signature is not base64url")
    }
    let input = UnsafeRawBufferPointer(rebasing: token[headerRange.lowerBound..<payload.upperBound])
    let isValid = try cryptography { () throws(CryptoFault) in
      try key.isValid(signature, of: input)
    }
    guard isValid else { throw .badToken("its signature is wrong") }
    guard let text = Base64URL.decode(UnsafeRawBufferPointer(rebasing: token[payload])) else {
      throw .badToken("its claims are not base64url")
    }
    return (text, header)
  }

  /// Decrypts a sealed token (RFC 7516, section 5.2).
  ///
  /// - Returns: the signed token within, which nobody has verified yet.
  private func unsealed(_ token: [UInt8]) throws(RPCError) -> [UInt8] {
    try token.span.bytes.withUnsafeBytes { bytes throws(RPCError) in
      guard
        case .sealed(let header, let encryptedKey, let vector, let ciphertext, let tag) =
          try CompactToken(bytes)
      else { throw .badToken("it is not sealed") }
      func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
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
}
