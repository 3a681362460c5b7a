internal import CloakroomCore
internal import CloakroomWire
internal import NIOCore

/// The header of a token, read before anything is known to be true: nothing in it is believed, it
/// only says which of the sidecar's own keys to try.
struct JOSEHeader {
  /// The longest header in bytes.
  static let longest = 2048

  /// `alg`, as it is written.
  let algorithm: String
  /// `kid`: looked up among the keys in memory, and nothing else.
  let keyID: String?
  /// `typ`, if there is one.
  let type: String?
  /// `cty`, if there is one.
  let contentType: String?
  /// `enc`, if there is one.
  let encryption: String?
  /// The header's JSON, in one line.
  let json: ByteBuffer

  /// Reads a header.
  ///
  /// - Throws: TOKEN_INVALID for what is not strict base64url of a JSON object without names that
  ///   come twice; for a critical extension, as there is none that is understood; and for a key or the
  ///   address of a key (RFC 8725, section 3.10), which no honest signer sends here.
  init(_ segment: UnsafeRawBufferPointer) throws(RPCError) {
    guard segment.count <= Base64URL.encodedCount(Self.longest) else {
      throw .badToken("its header is too long")
    }
    guard let decoded = ByteBuffer(base64URL: segment) else {
      throw .badToken("its header is not base64url")
    }
    let members: JSONMembers
    do throws(JSONMembers.Fault) {
      members = try JSONMembers(decoded.readableBytesSpan)
    } catch {
      throw .badToken("its header is not a JSON object, or has a name twice")
    }
    let text = decoded.readableBytesSpan
    for name in ["crit", "jwk", "jku", "x5c", "x5u", "zip", "b64"]
    where members.member(name, in: text) != nil {
      throw .badToken("its header has \(name)")
    }
    func string(_ name: String) throws(RPCError) -> String? {
      guard let member = members.member(name, in: text) else { return nil }
      guard let value = member.string(in: text) else {
        throw .badToken("its header's \(name) is no string")
      }
      return value
    }
    guard let algorithm = try string("alg") else { throw .badToken("its header has no alg") }
    self.algorithm = algorithm
    keyID = try string("kid")
    type = try string("typ")
    contentType = try string("cty")
    encryption = try string("enc")
    // Not before it is scanned: in a string a line break would be refused.
    var line = decoded
    line.breakNoLines()
    json = line
  }

  /// A media type as it is compared: without regard to case, and without the `application/` that may
  /// be left out (RFC 7515, section 4.1.9).
  static func mediaType(_ text: String) -> String {
    // Of ASCII's letters alone: to Unicode, the Kelvin sign is a k too.
    let bytes = text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    let prefix = "application/".utf8
    return String(
      decoding: bytes.starts(with: prefix) ? bytes.dropFirst(prefix.count) : bytes[...],
      as: UTF8.self)
  }
}

extension RPCError {
  /// A token that is not believed.
  ///
  /// - Parameter why: what is wrong with it, without anything of it.
  static func badToken(_ why: String) -> RPCError {
    RPCError(.tokenInvalid, "the token is not valid: \(why)")
  }
}
