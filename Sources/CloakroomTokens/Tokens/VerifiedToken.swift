internal import CloakroomCore
internal import CloakroomWire
public import NIOCore

/// A token that is believed: its signature is right, and it is what was expected.
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
  public let issuedAtMs: Int64?
  /// Its `sub`.
  public let subject: String?

  private let members: JSONMembers

  init(
    claims text: [UInt8], _ members: JSONMembers, _ claims: ReadClaims, header: [UInt8]
  ) throws(RPCError) {
    guard let end = claims.expiresAtMs else { throw .badToken("it has no exp") }
    self.claims = Self.oneLine(text)
    self.header = Self.oneLine(header)
    self.members = members
    id = claims.id
    expiresAtMs = end
    issuedAtMs = claims.issuedAtMs
    subject = claims.subject
  }

  private static func oneLine(_ text: [UInt8]) -> ByteBuffer {
    var line = ByteBuffer()
    line.writeOnOneLine(ByteRange(0..<text.count), of: text.span.bytes)
    return line
  }

  /// One claim as it was signed; nil when there is none of that name.
  public func claim(_ name: String) -> ByteBuffer? {
    members.member(name).flatMap { claims.slice($0.value) }
  }

  /// One claim that is a string; nil when there is none of that name, or it is something else.
  public func string(_ name: String) -> String? {
    members.string(name, in: claims.readableBytesSpan)
  }
}
