internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import NIOCore

/// A session's id, which only its owner has, and its ref, by which the store, logs and lists know it.
struct SessionID: Sendable, Hashable {
  /// A UUID of version 4 in lowercase.
  let text: String

  /// A new one.
  static func random() throws(RPCError) -> SessionID { SessionID(text: try RandomUUID.make()) }

  private init(text: String) { self.text = text }

  /// Reads an id, in whatever case it was written; nil for what is none. To its owner that is the same as an
  /// id that nobody has any more.
  init?(_ text: String) {
    guard let canonical = RandomUUID.canonical(text) else { return nil }
    self.text = canonical
  }

  /// What the session is known by where its id must not be seen: the SHA-256 of the id in hexadecimal.
  /// Nobody can make an id of it.
  var ref: String { Fingerprint.text(of: text) }
}
