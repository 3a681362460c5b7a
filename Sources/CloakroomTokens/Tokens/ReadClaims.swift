internal import CloakroomCore
internal import CloakroomWire

/// The claims of a token that mean something to whoever verifies it, each of its type (RFC 7519,
/// section 4.1).
struct ReadClaims {
  var issuer: String?
  var subject: String?
  /// Nil when the token is for nobody in particular.
  var audience: [String]?
  var purpose: String?
  var id: String?
  var expiresAtMs: Int64?
  var notBeforeMs: Int64?
  var issuedAtMs: Int64?

  /// Reads them.
  ///
  /// - Throws: TOKEN_INVALID for one of another type than it has to be.
  init(_ members: JSONMembers, _ text: RawSpan) throws(RPCError) {
    issuer = try Self.string("iss", members, text)
    subject = try Self.string("sub", members, text)
    purpose = try Self.string("purpose", members, text)
    id = try Self.string("jti", members, text)
    expiresAtMs = try Self.time("exp", members, text)
    notBeforeMs = try Self.time("nbf", members, text)
    issuedAtMs = try Self.time("iat", members, text)
    audience = try Self.audience(members, text)
  }

  private static func string(
    _ name: String, _ members: JSONMembers, _ text: RawSpan
  ) throws(RPCError) -> String? {
    guard members.member(name) != nil else { return nil }
    guard let value = members.string(name, in: text) else {
      throw .badToken("its \(name) is no string")
    }
    return value
  }

  private static func time(
    _ name: String, _ members: JSONMembers, _ text: RawSpan
  ) throws(RPCError) -> Int64? {
    guard let member = members.member(name) else { return nil }
    guard let value = NumericDate.milliseconds(member, in: text) else {
      throw .badToken("its \(name) is no time")
    }
    return value
  }

  private static func audience(
    _ members: JSONMembers, _ text: RawSpan
  ) throws(RPCError) -> [String]? {
    guard let member = members.member("aud") else { return nil }
    let fault = RPCError.badToken("its aud is neither a string nor a list of them")
    switch member.kind {
    case .string:
      guard let name = members.string("aud", in: text) else { throw fault }
      return [name]
    case .array:
      guard let parts = JSONParts.of(member.value, in: text, atMost: 1024) else { throw fault }
      var names: [String] = []
      for part in parts {
        guard
          part.kind == .string,
          let name = JSONMembers.string(part.content, hasEscapes: part.hasEscapes, in: text)
        else { throw fault }
        names.append(name)
      }
      return names
    default:
      throw fault
    }
  }
}
