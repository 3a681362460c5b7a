internal import CloakroomCore
internal import CloakroomTokens
internal import CloakroomWire

/// The parameters of `jwt.*`.
extension Arguments {
  /// A token.
  ///
  /// - Throws: INVALID_PARAMS for what is no string, TOKEN_INVALID for one that is longer than tokens
  ///   are, before it is copied.
  mutating func token(_ slot: Int, _ name: StaticString = "token") throws(RPCError) -> String {
    let member = try member(slot, name)
    guard member.kind == .string else { throw RPCError(.invalidParams, "\(name) is a string") }
    // No character of a token has to be escaped; an escaped one takes six bytes.
    let longest = settings.tokens.ring.tokenBytes
    guard member.content.count <= (member.hasEscapes ? 6 : 1) * longest else {
      throw RPCError(.tokenInvalid, "the token is not valid: it is too long")
    }
    return try string(member, name, longest: 6 * longest)
  }

  /// A text that was given or not.
  mutating func optionalString(
    _ slot: Int, _ name: StaticString, longest: Int = 1024
  ) throws(RPCError) -> String? {
    guard has(slot) else { return nil }
    let text = try string(slot, name, longest: longest)
    guard !text.isEmpty else { throw RPCError(.invalidParams, "\(name) may not be empty") }
    return text
  }

  /// What a token is for.
  mutating func purpose(_ slot: Int) throws(RPCError) -> String? {
    guard let purpose = try optionalString(slot, "purpose", longest: PlainName.longest) else {
      return nil
    }
    guard PlainName.accepts(purpose) else {
      throw RPCError(.invalidParams, "purpose is \(PlainName.rule)")
    }
    return purpose
  }

  /// Whom a token is for: one name, or a list of them.
  mutating func audience(_ slot: Int) throws(RPCError) -> [String] {
    guard kind(slot) == .array else {
      return try optionalString(slot, "audience").map { [$0] } ?? []
    }
    var names: [String] = []
    for element in try elements(slot, "audience", atMost: 64) {
      names.append(try string(element, "audience", longest: 1024))
    }
    guard !names.isEmpty else { throw RPCError(.invalidParams, "audience may not be empty") }
    return names
  }
}

extension Parameter {
  static let token = Parameter(
    "token", #"{"type":"string","minLength":1}"#, required: true, "The token.")
  static let optionalToken = Parameter(
    "token", #"{"type":"string","minLength":1}"#,
    "The token; its signature has to be right, so that nobody can fill the store with what never was a token."
  )
  static let claims = Parameter(
    "claims", #"{"type":"object"}"#,
    "The claims, any JSON object; what you put in comes back byte for byte. `iss`, `sub`, `aud` and `nbf` may be among them; `exp`, `iat`, `jti` and `purpose` are the sidecar's. Default: none."
  )
  static let expiresIn = Parameter(
    "expiresIn", #"{"type":["integer","string"]}"#,
    #"How long the token is good for: seconds, or a string with a unit ("90s", "30m", "24h"). Default: 1h."#
  )
  static let subject = Parameter(
    "subject", #"{"type":"string"}"#, "Whom the token is about: `sub`.")
  static let signAudience = Parameter(
    "audience", #"{"type":["string","array"],"items":{"type":"string"}}"#,
    "Whom the token is for, one name or several: `aud`.")
  static let signPurpose = Parameter(
    "purpose", #"{"type":"string","pattern":"^[A-Za-z0-9._-]{1,64}$"}"#,
    "What the token is for: it verifies for nothing else.")
  static let keyID = Parameter(
    "keyId", #"{"type":"string"}"#, "The active key to sign with. Default: the newest one.")
  static let seal = Parameter(
    "seal", #"{"type":"boolean","default":false}"#,
    "Whether the claims are encrypted, so that nobody without the sealing key can read them. Default: false."
  )
  static let verifyAudience = Parameter(
    "audience", #"{"type":"string"}"#,
    "Who asks. A token with `aud` has to name it there; without this, such a token is not valid.")
  static let issuer = Parameter(
    "issuer", #"{"type":"string"}"#, "Who has to have issued it: `iss`.")
  static let verifyPurpose = Parameter(
    "purpose", #"{"type":"string","pattern":"^[A-Za-z0-9._-]{1,64}$"}"#,
    "What the token has to be for; without this, only a token without a purpose is taken.")
  static let tokenID = Parameter(
    "jti", #"{"type":"string","minLength":1}"#,
    "The token's `jti`, for callers that haven't kept the token itself; needs expiresAt.")
  static let tokenExpiresAt = Parameter(
    "expiresAt", #"{"type":"string","format":"date-time"}"#,
    "When the token expires, as jwt.sign has told: so long is its revocation kept.")
}
