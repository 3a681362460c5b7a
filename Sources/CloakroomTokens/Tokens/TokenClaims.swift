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
  /// What its `jti` begins with, in front of 128 random bits: of A-Z a-z 0-9 . _ -.
  public var idPrefix: StaticString
  /// `iat`, in milliseconds since 1970 (UTC); the token has whole seconds of it.
  public var issuedAtMs: Int64
  /// `exp`, in milliseconds since 1970 (UTC).
  public var expiresAtMs: Int64

  /// Describes a token.
  ///
  /// - Parameter own: the text of a JSON object.
  public init(
    own: ByteBuffer = ByteBuffer(string: "{}"), issuer: String? = nil, subject: String? = nil,
    audience: [String] = [], purpose: String? = nil, idPrefix: StaticString = "", issuedAtMs: Int64,
    expiresAtMs: Int64
  ) {
    self.own = own
    self.issuer = issuer
    self.subject = subject
    self.audience = audience
    self.purpose = purpose
    self.idPrefix = idPrefix
    self.issuedAtMs = issuedAtMs
    self.expiresAtMs = expiresAtMs
  }

  /// The header's `typ` for a purpose.
  static func type(purpose: String?) -> String {
    purpose.map { "\($0)+jwt" } ?? IssuedHeader.plainType
  }

  // MARK: Writing

  /// The token's payload.
  ///
  /// - Parameter id: the token's `jti`.
  /// - Throws: INVALID_PARAMS when the caller's own claims are no object, have a name twice, or one
  ///   that the sidecar sets itself.
  func payload(id: String) throws(RPCError) -> ByteBuffer {
    let text = own.readableBytesSpan
    let members: JSONMembers
    do throws(JSONMembers.Fault) {
      members = try JSONMembers(text)
    } catch .duplicate {
      throw RPCError(
        .invalidParams, "claims has a name twice", details: Self.place(ofFaultIn: text))
    } catch .notAnObject {
      throw RPCError(.invalidParams, "claims has to be an object")
    } catch {
      throw RPCError(
        .invalidParams, "claims may be nested \(JSONMembers.depthLimit) deep, and is deeper")
    }
    let read = try check(members, text)
    var payload = ByteBuffer()
    payload.reserveCapacity(own.readableBytes + 256)
    payload.writeStaticString("{")
    if let issuer, read.issuer == nil { Self.write("\"iss\":", issuer, to: &payload) }
    if let subject { Self.write("\"sub\":", subject, to: &payload) }
    writeAudience(to: &payload)
    if let purpose { Self.write("\"purpose\":", purpose, to: &payload) }
    payload.writeStaticString("\"iat\":")
    payload.writeDecimal(Timestamp.floorDivide(issuedAtMs, 1000).0)
    payload.writeStaticString(",\"exp\":")
    NumericDate.write(expiresAtMs, to: &payload)
    // No character of it has to be escaped.
    payload.writeStaticString(",\"jti\":\"")
    payload.writeString(id)
    // What is between the braces; there is nothing else outside of them.
    if let first = members.list.first, let last = members.list.last {
      payload.writeStaticString("\",")
      payload.writeBytes(ByteRange((first.name.start - 1)..<last.value.end), of: text)
      payload.writeStaticString("}")
    } else {
      payload.writeStaticString("\"}")
    }
    return payload
  }

  /// Where a text can be read in several ways.
  private static func place(ofFaultIn text: RawSpan) -> [RPCError.Detail] {
    do throws(AmbiguousJSON) {
      try AmbiguousJSON.check(text)
      return []
    } catch {
      return [.text("pointer", error.pointer)]
    }
  }

  /// Writes a claim that is a string, and the comma behind it.
  private static func write(_ name: StaticString, _ value: String, to payload: inout ByteBuffer) {
    payload.writeStaticString(name)
    payload.writeJSONString(value)
    payload.writeStaticString(",")
  }

  private func writeAudience(to payload: inout ByteBuffer) {
    // RFC 7519, section 4.1.3: one alone is a string.
    if audience.count == 1 { return Self.write("\"aud\":", audience[0], to: &payload) }
    for (index, name) in audience.enumerated() {
      payload.writeStaticString(index == 0 ? "\"aud\":[" : ",")
      payload.writeJSONString(name)
    }
    if !audience.isEmpty { payload.writeStaticString("],") }
  }

  /// Holds the caller's own claims to what they may be, and reads them.
  private func check(_ members: JSONMembers, _ text: RawSpan) throws(RPCError) -> ReadClaims {
    // What verifying would refuse is not signed.
    let read: ReadClaims
    do throws(RPCError) {
      read = try ReadClaims(members, text)
    } catch {
      throw RPCError(.invalidParams, "claims has an iss, sub, aud or nbf of the wrong type")
    }
    for (isThere, name, why) in [
      (read.expiresAtMs != nil, "exp", "expiresIn sets it"),
      (read.issuedAtMs != nil, "iat", "the sidecar sets it"),
      (read.id != nil, "jti", "the sidecar sets it"),
      (read.purpose != nil, "purpose", "the parameter of that name sets it"),
    ] where isThere {
      throw RPCError(.invalidParams, "claims may not have \(name): \(why)")
    }
    for (isTwice, name) in [
      (subject != nil && read.subject != nil, "sub"),
      (!audience.isEmpty && read.audience != nil, "aud"),
    ] where isTwice {
      throw RPCError(.invalidParams, "claims has \(name), which is given as a parameter too")
    }
    return read
  }
}
