internal import CloakroomCore
internal import CloakroomWire
public import NIOCore

/// What a token is to say: the claims that are registered (RFC 7519, section 4.1), its purpose, and
/// the caller's own.
public struct TokenClaims: Sendable {
  /// The caller's own claims: the text of a JSON object. It may hold `iss`, `sub`, `aud` and `nbf` too.
  public var own: ByteBuffer
  /// `iss`: who issues the token.
  public var issuer: String?
  /// `sub`: whom the token is about.
  public var subject: String?
  /// `aud`: whom the token is for.
  public var audience: [String]
  /// What the token is for: it goes into the claim `purpose`, and into the header's `typ` as
  /// `PURPOSE+jwt` (RFC 8725, section 3.11), and the token verifies for nothing else.
  public var purpose: String?
  /// `iat`, in milliseconds since 1970 (UTC); the token has whole seconds of it.
  public var issuedAtMs: Int64
  /// `exp`, in milliseconds since 1970 (UTC).
  public var expiresAtMs: Int64

  /// Describes a token.
  ///
  /// - Parameter own: the text of a JSON object.
  public init(
    own: ByteBuffer = ByteBuffer(string: "{}"), issuer: String? = nil, subject: String? = nil,
    audience: [String] = [], purpose: String? = nil, issuedAtMs: Int64, expiresAtMs: Int64
  ) {
    self.own = own
    self.issuer = issuer
    self.subject = subject
    self.audience = audience
    self.purpose = purpose
    self.issuedAtMs = issuedAtMs
    self.expiresAtMs = expiresAtMs
  }

  /// Whether a text may be a purpose: 1 to 64 of A-Z a-z 0-9 . _ -, which a media type can be made of.
  public static func isPurpose(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  /// The header's `typ` for a purpose.
  static func type(purpose: String?) -> String { purpose.map { "\($0)+jwt" } ?? "JWT" }

  // MARK: Writing

  /// The token's payload.
  ///
  /// - Parameter id: the token's `jti`.
  /// - Throws: INVALID_PARAMS when the caller's own claims are no object, have a name twice, or one
  ///   that the sidecar sets itself.
  func payload(id: String) throws(RPCError) -> [UInt8] {
    let text = own.readableBytesSpan
    let members: JSONMembers
    do throws(JSONMembers.Fault) {
      members = try JSONMembers(text)
    } catch .duplicate {
      throw RPCError(.invalidParams, "claims has a name twice")
    } catch {
      throw RPCError(
        .invalidParams, "claims is an object, nested at most \(JSONMembers.depthLimit) deep")
    }
    try check(members, text)
    var payload: [UInt8] = [UInt8(ascii: "{")]
    payload.reserveCapacity(own.readableBytes + 200)
    func begin(_ name: StaticString) {
      if payload.count > 1 { payload.append(UInt8(ascii: ",")) }
      payload.append(contentsOf: Array("\"\(name)\":".utf8))
    }
    if let issuer, !members.names.contains("iss") {
      begin("iss")
      JSONString.quote(issuer, into: &payload)
    }
    if let subject {
      begin("sub")
      JSONString.quote(subject, into: &payload)
    }
    if !audience.isEmpty {
      begin("aud")
      // RFC 7519, section 4.1.3: one alone is a string.
      if audience.count > 1 { payload.append(UInt8(ascii: "[")) }
      for (index, name) in audience.enumerated() {
        if index > 0 { payload.append(UInt8(ascii: ",")) }
        JSONString.quote(name, into: &payload)
      }
      if audience.count > 1 { payload.append(UInt8(ascii: "]")) }
    }
    if let purpose {
      begin("purpose")
      JSONString.quote(purpose, into: &payload)
    }
    begin("iat")
    payload.append(contentsOf: Array("\(Timestamp.floorDivide(issuedAtMs, 1000).0)".utf8))
    begin("exp")
    payload.append(contentsOf: NumericDate.text(expiresAtMs))
    begin("jti")
    JSONString.quote(id, into: &payload)
    own.withUnsafeReadableBytes { bytes in
      // What is between the braces; there is nothing else outside of them.
      guard let first = members.list.first, let last = members.list.last else { return }
      payload.append(UInt8(ascii: ","))
      payload.append(contentsOf: bytes[(first.name.start - 1)..<last.value.end])
    }
    payload.append(UInt8(ascii: "}"))
    return payload
  }

  private func check(_ members: JSONMembers, _ text: RawSpan) throws(RPCError) {
    for (name, parameter) in [
      ("exp", "expiresIn"), ("iat", nil), ("jti", nil), ("purpose", "the parameter of that name"),
    ] where members.member(name) != nil {
      throw RPCError(
        .invalidParams,
        "claims has no \(name): "
          + (parameter.map { "\($0) sets it" } ?? "the sidecar sets it"))
    }
    for (name, isGiven) in [("sub", subject != nil), ("aud", !audience.isEmpty)]
    where isGiven && members.member(name) != nil {
      throw RPCError(.invalidParams, "claims has \(name), which is given as a parameter too")
    }
    // What verifying would refuse is not signed.
    do throws(RPCError) {
      _ = try ReadClaims(members, text)
    } catch {
      throw RPCError(.invalidParams, "claims has an iss, sub, aud or nbf of the wrong type")
    }
  }
}
