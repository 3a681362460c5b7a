internal import CloakroomCore
internal import CloakroomWire

/// The claims of a token that mean something to whoever verifies it, each of its type (RFC 7519,
/// section 4.1). Texts are left where they are in the claims.
struct ReadClaims: Sendable {
  /// For how many a token may be.
  private static let mostNames = 1024

  private(set) var issuer: JSONMember?
  private(set) var subject: JSONMember?
  /// A string or an array of strings; nil when the token is for nobody in particular.
  private(set) var audience: JSONMember?
  private(set) var purpose: JSONMember?
  private(set) var id: JSONMember?
  private(set) var expiresAtMs: Int64?
  private(set) var notBeforeMs: Int64?
  private(set) var issuedAtMs: Int64?

  /// Reads them.
  ///
  /// - Throws: TOKEN_INVALID for one of another type than it has to be.
  init(_ members: JSONMembers, _ text: RawSpan) throws(RPCError) {
    for member in members.list {
      func isNamed(_ name: StaticString) -> Bool { member.isNamed(name, in: text) }
      if isNamed("exp") {
        expiresAtMs = try Self.time(member, "exp", text)
      } else if isNamed("iat") {
        issuedAtMs = try Self.time(member, "iat", text)
      } else if isNamed("nbf") {
        notBeforeMs = try Self.time(member, "nbf", text)
      } else if isNamed("jti") {
        id = try Self.string(member, "jti", text)
      } else if isNamed("iss") {
        issuer = try Self.string(member, "iss", text)
      } else if isNamed("sub") {
        subject = try Self.string(member, "sub", text)
      } else if isNamed("purpose") {
        purpose = try Self.string(member, "purpose", text)
      } else if isNamed("aud") {
        guard Self.isAudience(member, text) else {
          throw .badToken("its aud is neither a string nor a list of them")
        }
        audience = member
      }
    }
  }

  /// Whether the token is for somebody; nobody is named in a token without an audience.
  func names(audience name: String, _ text: RawSpan) -> Bool {
    guard let audience else { return false }
    guard audience.kind == .array else { return JSONMembers.holds(audience, name, in: text) }
    return JSONParts.of(audience.value, in: text, atMost: Self.mostNames)?
      .contains { JSONMembers.holds($0, name, in: text) } ?? false
  }

  private static func string(
    _ member: JSONMember, _ name: StaticString, _ text: RawSpan
  ) throws(RPCError) -> JSONMember {
    guard isString(member, text) else { throw .badToken("its \(name) is no string") }
    return member
  }

  private static func time(
    _ member: JSONMember, _ name: StaticString, _ text: RawSpan
  ) throws(RPCError) -> Int64 {
    guard let value = NumericDate.milliseconds(member, in: text) else {
      throw .badToken("its \(name) is no time")
    }
    return value
  }

  /// Whether a value is a string that UTF-8 can hold: half of a surrogate pair is none.
  private static func isString(_ value: JSONMember, _ text: RawSpan) -> Bool {
    value.kind == .string && (!value.hasEscapes || value.string(in: text) != nil)
  }

  private static func isAudience(_ value: JSONMember, _ text: RawSpan) -> Bool {
    guard value.kind == .array else { return isString(value, text) }
    return JSONParts.of(value.value, in: text, atMost: mostNames)?
      .allSatisfy { isString($0, text) } ?? false
  }
}
