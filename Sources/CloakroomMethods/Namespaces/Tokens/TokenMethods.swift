internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import CloakroomWire
internal import NIOCore

/// `jwt.*`: claims that are signed, and sealed if that is wanted, for the holders of the keys.
enum TokenMethods {
  static let all = [sign, verify, revoke, jwks]

  static let sign = Method(
    "jwt.sign",
    "Signs claims: a token that any holder of the keys can verify. Repeated with its idempotencyKey it answers the same token, which the store keeps sealed; CONFLICT when the key that this is kept by is not here any more.",
    [.claims, .expiresIn, .subject, .signAudience, .signPurpose, .keyID, .seal],
    result:
      #"{"type":"object","properties":{"token":{"type":"string"},"jti":{"type":"string"},"expiresAt":{"type":"string","format":"date-time"}},"required":["token","jti","expiresAt"]}"#,
    reasons: [.ttlInvalid, .conflict],
    effect: .token,
    example: (
      #"{"claims":{"role":"admin"},"subject":"user:123","expiresIn":"15m"}"#,
      #"{"token":"ey…","jti":"…","expiresAt":"20…"}"#
    ),
    .procedure { arguments throws(RPCError) in
      let claims = try TokenMethods.claims(&arguments)
      let keyID = try arguments.optionalString(5, "keyId", longest: 128)
      let seal = try arguments.flag(6, "seal")
      let tokens = arguments.settings.tokens
      let ring = tokens.ring
      if let secret = SecretAnswer(arguments) {
        return .run { context throws(RPCError) in
          let (result, _) = try await secret.answer(context) { () async throws(RPCError) in
            ByteBuffer(signed: try await signed(claims, ring, keyID, seal, context))
          }
          // The first call's token, whatever this one has signed.
          if let jti = result.string("jti") { context.note(key: logged(jti)) }
          return result
        }
      }
      if arguments.allowance.isOnLoop, try !ring.signingKey(keyID).signsQuickly {
        throw .tooMuchForLoop
      }
      let token = try ring.sign(claims, keyID: keyID, seal: seal)
      arguments.note(jti: token.id)
      return .answer(ByteBuffer(signed: token))
    })

  static let verify = Method(
    "jwt.verify",
    "Verifies a token: its signature, its times, whom and what it is for, and that nobody has revoked it. A pending operation's token is WRONG_TYPE.",
    [.token, .verifyAudience, .issuer, .verifyPurpose],
    result:
      #"{"type":"object","properties":{"claims":{"type":"object"},"header":{"type":"object"}},"required":["claims","header"]}"#,
    reasons: [.tokenInvalid, .expired, .tokenRevoked, .wrongType],
    effect: .read,
    example: (
      #"{"token":"eyJhbGciOiJIUzI1NiIsImtpZCI6ImV4YW1wbGUiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiJ1c2VyOjEyMyIsImlhdCI6MTc2NzIyNTYwMCwiZXhwIjo0MTAyNDQ0ODAwLCJqdGkiOiJYMGZBYkF1MU1iOGJVV3RWTmJWZEd3Iiwicm9sZSI6ImFkbWluIn0.IQ66raS6O0aYvnF2w5HF6-z2TUxlQZ0E_irtWu1ZlMo"}"#,
      #"{"claims":{"sub":"user:123","iat":1767225600,"exp":4102444800,"jti":"X0fAbAu1Mb8bUWtVNbVdGw","role":"admin"},"header":{"alg":"HS256","kid":"example","typ":"JWT"}}"#
    ),
    .procedure { arguments throws(RPCError) in
      let token = try arguments.signedToken(0)
      let tokens = arguments.settings.tokens
      let expectation = tokens.expectation(
        audience: try arguments.optionalString(1, "audience"),
        issuer: try arguments.optionalString(2, "issuer"), purpose: try arguments.purpose(3))
      let names = try TokenNames(&arguments)
      let ring = tokens.ring
      if arguments.allowance.isOnLoop, !ring.verifiesQuickly(token) { throw .tooMuchForLoop }
      let verified = try ring.authenticate(token)
      // Before anything else about it is held against it: the log tells whose a refused one was.
      arguments.note(jti: verified.id)
      try check(verified, expectation)
      guard let id = verified.id else {
        var result = ByteBuffer()
        result.write(verified)
        return .answer(result)
      }
      return .ask(.exists(try names.revocation(of: id))) { reply, _, result throws(RPCError) in
        try result.write(verified, unlessRevoked: reply)
        return nil
      }
    })

  static let revoke = Method(
    "jwt.revoke",
    "Has a token never verify again, in any sidecar of the store; false when it has expired anyway. A pending operation's token is not revoked but ended, by pending.delete: WRONG_TYPE.",
    [.optionalToken, .tokenID, .tokenExpiresAt],
    result:
      #"{"type":"object","properties":{"revoked":{"type":"boolean"}},"required":["revoked"]}"#,
    reasons: [.tokenInvalid, .ttlInvalid, .wrongType],
    effect: .set,
    example: (
      #"{"jti":"X0fAbAu1Mb8bUWtVNbVdGw","expiresAt":"2030-01-01T00:00:00.000Z"}"#,
      #"{"revoked":true}"#
    ),
    .procedure { arguments throws(RPCError) in
      let tokens = arguments.settings.tokens
      let names = try TokenNames(&arguments)
      let idempotency = arguments.idempotency
      guard arguments.has(0) else {
        guard arguments.has(1), arguments.has(2) else {
          throw RPCError(.invalidParams, "token is missing, or else jti and expiresAt")
        }
        guard let id = try arguments.optionalString(1, "jti") else { throw RPCError(.internal) }
        arguments.note(jti: id)
        guard !PendingToken.isOne(jti: id) else { throw .isOperation }
        let text = try arguments.string(2, "expiresAt", longest: 64)
        guard let end = Timestamp(text) else {
          throw RPCError(.invalidParams, "expiresAt is a time as RFC 3339 writes it")
        }
        return try opening(revoking: id, untilMs: end.milliseconds, names, tokens, idempotency)
      }
      guard !arguments.has(1), !arguments.has(2) else {
        throw RPCError(.invalidParams, "token, or jti and expiresAt, but not both")
      }
      let token = try arguments.signedToken(0)
      let ring = tokens.ring
      if arguments.allowance.isOnLoop, !ring.verifiesQuickly(token) { throw .tooMuchForLoop }
      let known = try ring.authenticate(token)
      arguments.note(jti: known.id)
      return try opening(
        revoking: try id(of: known), untilMs: known.expiresAtMs, names, tokens, idempotency)
    })

  static let jwks = Method(
    "jwt.jwks",
    "Answers the public keys as a JSON Web Key Set (RFC 7517), for verifying tokens without the sidecar.",
    [],
    result:
      #"{"type":"object","properties":{"keys":{"type":"array","items":{"type":"object"}}},"required":["keys"]}"#,
    effect: .read,
    example: ("{}", #"{"keys":[]}"#),
    .procedure { arguments throws(RPCError) in
      .answer(try arguments.settings.tokens.ring.publicKeySet())
    })

  // MARK: Parts

  /// The token that is signed just now, on another thread where that takes long.
  private static func signed(
    _ claims: TokenClaims, _ ring: KeyRing, _ keyID: String?, _ seal: Bool, _ context: CallContext
  ) async throws(RPCError) -> SignedToken {
    guard try ring.signingKey(keyID).signsQuickly else {
      return try await context.compute { () throws(RPCError) in
        try ring.sign(claims, keyID: keyID, seal: seal)
      }
    }
    return try ring.sign(claims, keyID: keyID, seal: seal)
  }

  private static func claims(_ arguments: inout Arguments) throws(RPCError) -> TokenClaims {
    let purpose = try arguments.purpose(4)
    // A caller that may sign claims must not be able to make tokens of pending operations that way.
    guard purpose != PendingSigner.purpose else {
      throw RPCError(.invalidParams, "the purpose pending is that of pending.create alone")
    }
    let own = arguments.has(0) ? try arguments.value(0, "claims") : ByteBuffer(string: "{}")
    let life = try arguments.life(1, "expiresIn", otherwise: .hour)
    let now = Timestamp.now.milliseconds
    var end = now + life.milliseconds
    // Many readers of tokens take whole seconds only. For a minute and more, a part of a second more
    // makes no difference; a shorter life is exact.
    if life.milliseconds >= 60_000 { end = (end + 999) / 1000 * 1000 }
    return TokenClaims(
      own: own, issuer: arguments.settings.tokens.issuer,
      subject: try arguments.optionalString(2, "subject"), audience: try arguments.audience(3),
      purpose: purpose, issuedAtMs: now, expiresAtMs: end)
  }

  /// What the access log has a keyed hash of, for a token with a `jti`: the same in every call on it.
  fileprivate static func logged(_ jti: String) -> String {
    if PendingToken.isStored(jti) { return PendingToken.id(ofStored: jti) }
    return PendingToken.isOne(jti: jti) ? PendingToken.id(ofSigned: jti) : TokenID.storable(jti)
  }

  /// Holds a token against what is expected of it.
  ///
  /// - Throws: WRONG_TYPE for a pending operation's token, whatever is expected. Its data may be sealed
  ///   or used up, belong to one scope only, and are for callers that may call `pending.*`.
  private static func check(
    _ token: VerifiedToken, _ expectation: TokenExpectation
  ) throws(RPCError) {
    guard !PendingToken.isOne(token) else { throw .isOperation }
    try token.check(expectation, nowMs: Timestamp.now.milliseconds)
  }

  /// The `jti` to revoke a token by.
  ///
  /// - Throws: WRONG_TYPE for a pending operation's token. What ends an operation is in the store, under
  ///   its own service and scope, may be leased to somebody, and is for callers that may call `pending.*`; a
  ///   revocation would be of no effect on it.
  private static func id(of token: VerifiedToken) throws(RPCError) -> String {
    guard !PendingToken.isOne(token) else { throw .isOperation }
    guard let id = token.id else {
      throw RPCError(.tokenInvalid, "the token has no jti to revoke it by")
    }
    return id
  }

  /// What revokes a token, `.done`. For one that has expired there is nothing to do, and nil; or, when
  /// the call may be a repeated one, a look whether the first was before that.
  private static func revocation(
    of id: String, untilMs end: Int64, _ names: TokenNames, _ tokens: TokenService,
    _ idempotency: IdempotencyRecord?
  ) throws(RPCError) -> StoreCommand? {
    guard let life = try tokens.revocationLife(untilMs: end) else {
      return idempotency?.recall(step: 0)
    }
    return .set(
      try names.revocation(of: id), value: ByteBuffer(string: "true"), .after(life), .none)
  }

  private static func opening(
    revoking id: String, untilMs end: Int64, _ names: TokenNames, _ tokens: TokenService,
    _ idempotency: IdempotencyRecord?
  ) throws(RPCError) -> Opening {
    guard let command = try revocation(of: id, untilMs: end, names, tokens, idempotency) else {
      return .answer(ByteBuffer(revoked: false))
    }
    return .ask(command) { reply, _, result throws(RPCError) in
      result.writeImmutableBuffer(ByteBuffer(revoked: try reply.orThrow() == .done))
      return nil
    }
  }
}

extension Arguments {
  /// A token that may be a signed one.
  ///
  /// - Throws: WRONG_TYPE for one that names a pending operation in the store.
  fileprivate mutating func signedToken(_ slot: Int) throws(RPCError) -> String {
    let text = try token(slot)
    guard !PendingToken.isStored(text) else { throw .isOperation }
    return text
  }

  /// Names a token for the access log.
  fileprivate mutating func note(jti: String?) {
    if notes.isKept, let jti { notes.key = Array(TokenMethods.logged(jti).utf8) }
  }
}

extension RPCError {
  /// A pending operation's token where another one is taken.
  fileprivate static var isOperation: RPCError {
    RPCError(
      .wrongType,
      "the token is a pending operation's: pending.verify reads it, pending.delete ends it")
  }
}

extension ByteBuffer {
  /// The result of a revocation.
  fileprivate init(revoked isRevoked: Bool) {
    self.init(string: isRevoked ? #"{"revoked":true}"# : #"{"revoked":false}"#)
  }

  /// The result of a token that was made.
  fileprivate init(signed token: SignedToken) {
    self.init()
    writeStaticString("{\"token\":\"")
    writeImmutableBuffer(token.bytes)
    writeStaticString("\",\"jti\":\"")
    writeString(token.id)
    writeStaticString("\",\"expiresAt\":\"")
    writeBytes(Timestamp(milliseconds: token.expiresAtMs).text)
    writeStaticString("\"}")
  }

  /// Writes the result of a token that was verified.
  fileprivate mutating func write(_ token: VerifiedToken) {
    writeStaticString("{\"claims\":")
    writeImmutableBuffer(token.claims)
    writeStaticString(",\"header\":")
    writeImmutableBuffer(token.header)
    writeStaticString("}")
  }

  /// Writes the same, if the store knows of no revocation. A store that doesn't answer is no yes.
  fileprivate mutating func write(
    _ token: VerifiedToken, unlessRevoked reply: StoreReply
  ) throws(RPCError) {
    guard case .boolean(let isRevoked) = try reply.orThrow() else { throw .unexpectedReply }
    guard !isRevoked else { throw RPCError(.tokenRevoked) }
    write(token)
  }
}

/// The names of revocations in the store, for one service.
///
/// A revocation is not in a scope, whatever the call that asks: a `jti` is a token's own everywhere,
/// and a token that was revoked must not pass because it is shown with another scope.
struct TokenNames: Sendable {
  private let keySpace: KeySpace

  init(_ arguments: inout Arguments) throws(RPCError) {
    guard let permit = arguments.permit else { throw RPCError(.internal) }
    keySpace = permit.keySpace
  }

  /// The name of a token's revocation.
  ///
  /// - Parameter id: the token's `jti`.
  func revocation(of id: String) throws(RPCError) -> StoreKey {
    var name = ByteBuffer()
    let key = TokenID.storable(id)
    try keySpace.write(.jwt, scope: [], key: key.utf8.span.bytes, into: &name)
    return StoreKey(bytes: name)
  }
}
