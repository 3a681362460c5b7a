public import CloakroomCore
internal import CloakroomWire
public import NIOCore

/// A token whose signature is right. What it is for, and whether it is valid now, is still to be
/// checked.
public struct VerifiedToken: Sendable {
  /// The claims as they were signed, but in one line.
  public let claims: ByteBuffer
  /// The header of the signed token, in one line.
  public let header: ByteBuffer
  /// Its `jti`; nil for a token of somebody who sets none, which can't be revoked.
  public let id: String?
  /// Its `exp`, in milliseconds since 1970 (UTC).
  public let expiresAtMs: Int64
  /// Its `iat`, in milliseconds since 1970 (UTC); nil when it has none.
  public var issuedAtMs: Int64? { read.issuedAtMs }

  private let members: JSONMembers
  private let read: ReadClaims
  /// The header's `typ`.
  private let type: String?

  /// Reads the claims of a token.
  ///
  /// - Throws: TOKEN_INVALID for what is no JSON object, for claims of a wrong type, and without `exp`.
  init(
    claims: consuming ByteBuffer, header: ByteBuffer, type: String?
  ) throws(RPCError) {
    var claims = claims
    do throws(JSONMembers.Fault) {
      members = try JSONMembers(claims.readableBytesSpan)
    } catch {
      throw .badToken("its claims are not a JSON object, or have a name twice")
    }
    // Only now: as a part of a string a line break would have been refused.
    claims.breakNoLines()
    read = try ReadClaims(members, claims.readableBytesSpan)
    guard let end = read.expiresAtMs else { throw .badToken("it has no exp") }
    expiresAtMs = end
    id = read.id.flatMap { $0.string(in: claims.readableBytesSpan) }
    self.claims = claims
    self.header = header
    self.type = type
  }

  // MARK: Claims

  /// One claim as it was signed; nil when there is none of that name.
  public func claim(_ name: String) -> ByteBuffer? {
    members.member(name, in: claims.readableBytesSpan).flatMap { claims.slice($0.value) }
  }

  /// One claim that is a string; nil when there is none of that name, or it is something else.
  public func string(_ name: String) -> String? {
    members.string(name, in: claims.readableBytesSpan)
  }

  /// Whether a claim is a string of exactly these bytes.
  public func says(_ name: String, _ text: String) -> Bool {
    let claims = claims.readableBytesSpan
    return members.member(name, in: claims).map { JSONMembers.holds($0, text, in: claims) } ?? false
  }

  /// Holds the token against what is expected of it.
  ///
  /// - Parameter nowMs: the time, in milliseconds since 1970 (UTC).
  /// - Throws: WRONG_TYPE for another purpose, TOKEN_INVALID for another audience or issuer and for a
  ///   token whose time has not come, EXPIRED.
  public func check(_ expectation: TokenExpectation, nowMs: Int64) throws(RPCError) {
    let text = claims.readableBytesSpan
    func isSaid(_ claim: JSONMember?, _ expected: String) -> Bool {
      claim.map { JSONMembers.holds($0, expected, in: text) } ?? false
    }
    if let purpose = expectation.purpose {
      // Both the header and the claim have to say so.
      guard
        type.map(JOSEHeader.mediaType)
          == JOSEHeader.mediaType(TokenClaims.type(purpose: purpose)),
        isSaid(read.purpose, purpose)
      else { throw RPCError(.wrongType, "the token is for another purpose") }
    } else {
      // A token without a `typ` is one without a purpose: other issuers leave it out.
      guard
        type == nil || type == IssuedHeader.plainType || type.map(JOSEHeader.mediaType) == "jwt",
        read.purpose == nil
      else { throw RPCError(.wrongType, "the token is for another purpose") }
    }
    if let issuer = expectation.issuer, !isSaid(read.issuer, issuer) {
      throw .badToken("it is of another issuer")
    }
    if let audience = expectation.audience {
      guard read.names(audience: audience, text) else {
        throw .badToken("it is for another audience")
      }
    } else if read.audience != nil {
      throw .badToken("it is for an audience, and the call names none")
    }
    let latest = nowMs.addingReportingOverflow(expectation.leewayMs).partialValue
    if let begin = read.notBeforeMs, begin > latest { throw .badToken("its nbf lies ahead") }
    if let begin = read.issuedAtMs, begin > latest { throw .badToken("its iat lies ahead") }
    // RFC 7519, section 4.1.4: at the very moment of exp it is not taken any more.
    let end = expiresAtMs.addingReportingOverflow(expectation.expiryLeewayMs).partialValue
    guard nowMs < end else { throw RPCError(.expired, "the token has expired") }
  }
}

/// What the verifier of a token requires of it.
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
