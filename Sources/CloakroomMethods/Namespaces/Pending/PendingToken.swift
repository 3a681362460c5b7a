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

/// What a caller holds a lease by. The store knows it by a digest alone.
enum PendingReceipt {
  /// A new receipt.
  static func random() -> String { "ckr_" + RandomText.make() }

  /// The receipt of a call that may be repeated: the same each time, and known to nobody who doesn't
  /// have the token.
  static func repeated(_ idempotency: IdempotencyRecord, token: String) -> String {
    var text = ByteBuffer(string: "receipt:\(token):")
    text.writeImmutableBuffer(idempotency.name.bytes)
    text.writeImmutableBuffer(idempotency.fingerprint.bytes)
    return "ckr_" + Base64URL.text(Array(Fingerprint(of: text).bytes.readableBytesView))
  }

  /// What the store knows it by.
  static func digest(of text: String) -> String { Fingerprint.text(of: "receipt:" + text) }
}

/// 256 random bits as base64url (RFC 4648, section 5), without padding.
private enum RandomText {
  private static let byteCount = 32

  /// Bits of the system's own generator, getrandom(2).
  static func make() -> String {
    var random = SystemRandomNumberGenerator()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    // Eight bytes at a time: each is a call of the system.
    while bytes.count < byteCount {
      withUnsafeBytes(of: random.next() as UInt64) { bytes.append(contentsOf: $0) }
    }
    return Base64URL.text(bytes)
  }

  /// Whether a text may be one: there is one spelling for each, so that no two texts are one token.
  static func isOne(_ text: some Collection<UInt8>) -> Bool {
    Array(text).span.bytes.withUnsafeBytes { Base64URL.decode($0)?.count == byteCount }
  }
}

extension Fingerprint {
  /// The digest of a text in hexadecimal, 64 characters.
  fileprivate static func text(of text: String) -> String {
    let digest = Fingerprint(of: ByteBuffer(string: text)).bytes
    let digits = StaticString("0123456789abcdef")
    return String(unsafeUninitializedCapacity: 2 * digest.readableBytes) { text in
      for (place, byte) in digest.readableBytesView.enumerated() {
        text[2 * place] = digits.utf8Start[Int(byte >> 4)]
        text[2 * place + 1] = digits.utf8Start[Int(byte & 15)]
      }
      return 2 * digest.readableBytes
    }
  }

  /// The digest of bytes in hexadecimal, 64 characters.
  static func text(of bytes: ByteBuffer) -> String { text(of: String(buffer: bytes)) }
}
