internal import CloakroomStore
internal import CloakroomTokens
internal import NIOCore

/// What a caller holds something by: an operation's lease, the lock of a guard. The store knows it by a digest
/// alone.
enum Receipt {
  /// A new receipt.
  static func random() -> String { "ckr_" + RandomText.make() }

  /// The receipt of a call that may be repeated: the same each time, and known to nobody who doesn't
  /// have the token. Empty where there is none, and any caller of the method may have what it gives.
  static func repeated(_ idempotency: IdempotencyRecord, token: String) -> String {
    var text = ByteBuffer(string: "receipt:\(token):")
    text.writeImmutableBuffer(idempotency.name.bytes)
    text.writeImmutableBuffer(idempotency.fingerprint.bytes)
    return "ckr_" + Base64URL.text(Array(Fingerprint(of: text).bytes.readableBytesView))
  }

  /// How long one is at least that a caller has made, in bytes: 128 random bits have at least so many, however
  /// they are written.
  static let shortest = 16
  /// How long one may be that a caller has made, in bytes.
  static let longest = 256

  /// What the store knows it by.
  static func digest(of text: String) -> String { Fingerprint.text(of: "receipt:" + text) }
}
