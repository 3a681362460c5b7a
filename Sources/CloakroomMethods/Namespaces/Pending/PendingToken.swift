internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import NIOCore

/// What a caller is given for an operation. It says itself where the operation's data are.
enum PendingToken: Sendable, Equatable {
  /// 256 random bits, which the store knows by a digest alone.
  case stored(String)
  /// A signed token that has the data in it, sealed or not.
  case signed(String)

  /// What the tokens of operations in the store begin with.
  private static let prefix = "cks_"

  /// Reads a token.
  ///
  /// - Throws: TOKEN_INVALID for what has the form of neither kind.
  init(_ text: String) throws(RPCError) {
    if Self.isStored(text) {
      self = .stored(text)
    } else {
      // RFC 7515, section 3.1, and RFC 7516, section 3.1; the rest is for the verifier.
      let dots = text.utf8.count { $0 == UInt8(ascii: ".") }
      guard dots == 2 || dots == 4 else { throw RPCError(.tokenInvalid) }
      self = .signed(text)
    }
  }

  /// Whether a text has the form of a token whose data are in the store.
  static func isStored(_ text: String) -> Bool {
    text.utf8.starts(with: prefix.utf8) && RandomText.isOne(text.utf8.dropFirst(prefix.utf8.count))
  }

  /// Whether a signed token is an operation's. A claim decides it that only `pending.create` sets.
  static func isOne(_ token: VerifiedToken) -> Bool {
    token.says("purpose", PendingSigner.purpose)
  }

  /// A new token for an operation in the store.
  static func random() -> String { prefix + RandomText.make() }

  /// What an operation is known by where its token must not be seen: in the store's names, in logs and
  /// in the application's own tables. Nobody can make a token of it.
  static func id(ofStored text: String) -> String { Fingerprint.text(of: text) }

  /// The same for a token that is known by its `jti`.
  static func id(ofSigned jti: String) -> String { Fingerprint.text(of: "jti:" + jti) }

  /// What the `jti` of signed ones begins with. No other name that the sidecar gives has a dot, so that
  /// a `jti` alone tells whether there is an operation behind it.
  static let idPrefix: StaticString = "op."

  /// Whether a `jti` is that of an operation's token, or is no `jti` at all but such a token.
  static func isOne(jti: String) -> Bool { TokenID.isOne(jti, prefix: idPrefix) || isStored(jti) }

  /// Whether a text has the form of an id.
  static func isID(_ text: String) -> Bool {
    text.utf8.count == 64
      && text.utf8.allSatisfy {
        ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
          || ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "f"))
      }
  }
}
