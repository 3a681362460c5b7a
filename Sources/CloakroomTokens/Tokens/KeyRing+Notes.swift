public import CloakroomCore
public import NIOCore

/// Texts that the sidecar keeps where others can read: sealed by the keys that it has anyway, for
/// sidecars with the same keys.
extension KeyRing {
  /// Why a sealed note can't be read.
  public enum NoteFault: Error, Sendable, Equatable {
    /// The key of that name is not in this ring, or only its public half is.
    case noKey(id: String)
    /// It was changed, was sealed for another place, or is no sealed note.
    case broken
  }

  /// The form's number, which a note begins with.
  private static let version: UInt8 = 1
  /// What keys of notes are derived for, and nothing else; the form's number belongs to it.
  private static let label = Array("cloakroom sealed note 1\0".utf8)

  /// Seals a note for a place.
  ///
  /// Each place has a key of its own, derived by HKDF with SHA-256 (RFC 5869) from the secret of an
  /// active key, the newest that seals or else the newest that signs; so no number of notes is too much
  /// for AES-256-GCM's random vectors (NIST SP 800-38D), and a note opens nowhere else. It begins with
  /// the name of the key that it is derived from: a byte of the form's number, one of the name's length,
  /// and the name; then follow the vector, the text and the tag.
  ///
  /// - Parameter place: where the note is kept, and what else it is to be good for alone.
  /// - Throws: UNAVAILABLE when there is no active key.
  public func seal(_ note: ByteBuffer, for place: ByteBuffer) throws(RPCError) -> ByteBuffer {
    guard let root = noteKey else {
      throw RPCError(.unavailable, "there is no active key to keep a secret answer by")
    }
    let name = Array(root.id.utf8)
    guard let length = UInt8(exactly: name.count) else { throw RPCError(.internal) }
    let header = [Self.version, length] + name
    var text = Array(note.readableBytesView)
    defer { text.cleanse() }
    let box = try cryptography { () throws(CryptoFault) in
      try root.sealingKey(info: Self.info(place))?.seal(text, header: header)
    }
    guard let box else { throw RPCError(.internal) }
    var sealed = ByteBuffer()
    sealed.reserveCapacity(header.count + box.vector.count + box.ciphertext.count + box.tag.count)
    sealed.writeBytes(header)
    sealed.writeBytes(box.vector)
    sealed.writeBytes(box.ciphertext)
    sealed.writeBytes(box.tag)
    return sealed
  }

  /// Opens a note that was sealed for a place, by any key that isn't retired.
  ///
  /// - Throws: `NoteFault`.
  public func unseal(_ sealed: ByteBuffer, for place: ByteBuffer) throws(NoteFault) -> ByteBuffer {
    var rest = sealed
    guard
      rest.readInteger(as: UInt8.self) == Self.version,
      let length = rest.readInteger(as: UInt8.self),
      let id = rest.readString(length: Int(length)), TokenKey.isID(id),
      rest.readableBytes >= SealingKey.vectorBytes + SealingKey.tagBytes,
      let vector = rest.readBytes(length: SealingKey.vectorBytes),
      let ciphertext = rest.readBytes(length: rest.readableBytes - SealingKey.tagBytes),
      let tag = rest.readBytes(length: SealingKey.tagBytes)
    else { throw .broken }
    guard let root = key(named: id) else { throw .noKey(id: id) }
    let key: SealingKey?
    let text: [UInt8]?
    do throws(CryptoFault) {
      key = try root.sealingKey(info: Self.info(place))
      text = try key?.open(
        SealingKey.Box(vector: vector, ciphertext: ciphertext, tag: tag),
        header: [Self.version, length] + Array(id.utf8))
    } catch {
      throw .broken
    }
    guard key != nil else { throw .noKey(id: id) }
    guard let text else { throw .broken }
    return ByteBuffer(bytes: text)
  }

  /// A digest stands for the place, as what a key is derived for can't be of any length.
  private static func info(_ place: ByteBuffer) -> [UInt8] {
    label + SHA256.digest(of: Array(place.readableBytesView))
  }
}
