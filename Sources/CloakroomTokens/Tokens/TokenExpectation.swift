/// What a token has to be for a verifier to accept it.
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
}
