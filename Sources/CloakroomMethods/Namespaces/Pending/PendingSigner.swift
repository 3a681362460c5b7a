internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import CloakroomWire
internal import NIOCore

/// Makes and reads tokens that carry an operation's data.
///
/// Beside its registered claims such a token has `operationType`, `data`, `oneTime`, `maxAttempts`, and
/// `tenant`: a digest of the service and scope that it is of, so that it is of no use in another.
struct PendingSigner: Sendable {
  /// What such tokens are for; no other token passes for one.
  static let purpose = "pending"

  let tokens: TokenService
  let names: PendingNames

  /// Signs an operation.
  ///
  /// - Throws: TOO_LARGE for data that no token can hold, UNAVAILABLE without a key.
  func sign(
    _ cargo: PendingCargo, type: String, _ context: CallContext
  ) async throws(RPCError) -> (SignedToken, PendingTarget) {
    let ring = tokens.ring
    let claims = TokenClaims(
      own: try claims(cargo, type), issuer: tokens.issuer, purpose: Self.purpose,
      idPrefix: PendingToken.idPrefix, issuedAtMs: cargo.createdAtMs, expiresAtMs: cargo.expiresAtMs
    )
    let token: SignedToken
    if try ring.signingKey(nil).signsQuickly {
      token = try ring.sign(claims, seal: cargo.isSealed)
    } else {
      token = try await context.compute { () throws(RPCError) in
        try ring.sign(claims, seal: cargo.isSealed)
      }
    }
    return (token, try target(token.id, cargo))
  }

  /// Finds the operation that a token is of.
  ///
  /// - Parameter note: is told what the token's operation is known by, even when it is of no use to the
  ///   call; for the access log.
  func place(
    _ text: String, type: String, note: (String) -> Void
  ) throws(RPCError) -> PendingCall.Place {
    let ring = tokens.ring
    guard ring.verifiesQuickly(text) else {
      return .slow { context throws(RPCError) in
        let token = try await context.compute { () throws(RPCError) in
          try ring.authenticate(text)
        }
        if let jti = token.id { context.note(key: PendingToken.id(ofSigned: jti)) }
        return try read(token, type, isSealed: Self.isSealed(text))
      }
    }
    let token = try ring.authenticate(text)
    if let jti = token.id { note(PendingToken.id(ofSigned: jti)) }
    return .known(try read(token, type, isSealed: Self.isSealed(text)))
  }

  /// What a new token of an operation says of its times. One that lives for a minute or more ends
  /// with a whole second, as many readers of tokens take no others.
  static func times(of life: TimeToLive) -> (createdAtMs: Int64, expiresAtMs: Int64) {
    let now = Timestamp.now.milliseconds
    var end = now + life.milliseconds
    if life.milliseconds >= 60_000 { end = (end + 999) / 1000 * 1000 }
    return (now, end)
  }

  private static func isSealed(_ text: String) -> Bool {
    text.utf8.count { $0 == UInt8(ascii: ".") } == 4
  }

  private func claims(_ cargo: PendingCargo, _ type: String) throws(RPCError) -> ByteBuffer {
    var claims = ByteBuffer()
    claims.writeStaticString("{\"operationType\":")
    claims.writeJSONString(type)
    claims.writeStaticString(",\"tenant\":\"")
    claims.writeString(try names.tenant)
    claims.writeStaticString("\",\"oneTime\":")
    claims.writeJSON(cargo.isOneTime)
    claims.writeStaticString(",\"maxAttempts\":")
    claims.writeDecimal(Int64(cargo.maxAttempts))
    claims.writeStaticString(",\"data\":")
    claims.writeImmutableBuffer(cargo.data)
    claims.writeStaticString("}")
    return claims
  }

  /// Reads a token whose signature is right. Its time is looked at later: the store may have given an
  /// operation that is being handed over more.
  private func read(
    _ token: VerifiedToken, _ type: String, isSealed: Bool
  ) throws(RPCError) -> PendingTarget {
    guard PendingToken.isOne(token), token.says("operationType", type) else {
      throw RPCError(.wrongType)
    }
    // It exists, but not for this tenant: as with any other name, that is nobody else's to know.
    guard token.says("tenant", try names.tenant) else { throw RPCError(.notFound) }
    guard let id = token.id, let data = token.claim("data"), let created = token.issuedAtMs else {
      throw RPCError(.tokenInvalid)
    }
    let attempts = token.claim("maxAttempts").flatMap { Int(String(buffer: $0)) }
    let rest = token.expiresAtMs.subtractingReportingOverflow(Timestamp.now.milliseconds)
      .partialValue
    return try target(
      id,
      PendingCargo(
        data: data, createdAtMs: created, expiresAtMs: token.expiresAtMs,
        isOneTime: token.claim("oneTime").map { String(buffer: $0) } != "false",
        maxAttempts: min(max(attempts ?? 0, 0), Configuration.Pending.mostAttempts),
        isSealed: isSealed,
        rest: rest > 0
          ? try TimeToLive(milliseconds: min(rest, TimeToLive.longest.milliseconds)) : nil))
  }

  private func target(_ jti: String, _ cargo: PendingCargo) throws(RPCError) -> PendingTarget {
    let id = PendingToken.id(ofSigned: jti)
    return PendingTarget(id: id, key: try names.key(id), carried: cargo)
  }
}
