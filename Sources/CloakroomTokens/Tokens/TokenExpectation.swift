internal import CloakroomCore

/// What a token has to be for whoever verifies it.
public struct TokenExpectation: Sendable, Equatable {
  /// Who asks. A token that is for somebody has to be for them, and one that is for nobody in
  /// particular does not do (RFC 7519, section 4.1.3).
  public var audience: String?
  /// Who has to have issued it; nil doesn't ask.
  public var issuer: String?
  /// What it has to be for; nil takes only tokens without a purpose.
  public var purpose: String?
  /// By how much `nbf` and `iat` may lie ahead, in milliseconds: so far may clocks be apart.
  public var leewayMs: Int64
  /// For how long a token is taken after `exp`, in milliseconds.
  public var expiryLeewayMs: Int64

  /// Expects a token.
  public init(
    audience: String? = nil, issuer: String? = nil, purpose: String? = nil, leewayMs: Int64 = 5000,
    expiryLeewayMs: Int64 = 0
  ) {
    self.audience = audience
    self.issuer = issuer
    self.purpose = purpose
    self.leewayMs = leewayMs
    self.expiryLeewayMs = expiryLeewayMs
  }

  /// Holds a token against this, whose signature is known to be right.
  ///
  /// - Parameter type: the header's `typ`.
  /// - Throws: WRONG_TYPE for another purpose, TOKEN_INVALID for another audience or issuer, for a
  ///   token whose time has not come and for one without `exp`, EXPIRED.
  func check(_ claims: ReadClaims, type: String?, nowMs: Int64) throws(RPCError) {
    let expected = TokenClaims.type(purpose: purpose).lowercased()
    let given = type.map(JOSEHeader.mediaType)
    // A token without a `typ` is one without a purpose: other issuers leave it out.
    guard given == expected || (given == nil && purpose == nil), claims.purpose == purpose else {
      throw RPCError(.wrongType, "the token is for another purpose")
    }
    if let issuer, claims.issuer != issuer { throw .badToken("it is of another issuer") }
    if let audience {
      guard claims.audience?.contains(audience) == true else {
        throw .badToken("it is for another audience")
      }
    } else if claims.audience != nil {
      throw .badToken("it is for an audience, and the call names none")
    }
    guard let end = claims.expiresAtMs else { throw .badToken("it has no exp") }
    let latest = nowMs.addingReportingOverflow(leewayMs).partialValue
    if let begin = claims.notBeforeMs, begin > latest { throw .badToken("its nbf lies ahead") }
    if let begin = claims.issuedAtMs, begin > latest { throw .badToken("its iat lies ahead") }
    // RFC 7519, section 4.1.4: at the very moment of exp it is not taken any more.
    guard nowMs < end.addingReportingOverflow(expiryLeewayMs).partialValue else {
      throw RPCError(.expired, "the token has expired")
    }
  }
}
