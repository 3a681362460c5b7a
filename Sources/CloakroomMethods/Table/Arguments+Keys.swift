public import CloakroomCore
public import CloakroomStore
public import CloakroomWire
internal import NIOCore

/// Parameters that name a value in the store.
extension Arguments {
  /// The name of a value in the store, made from the parameter.
  ///
  /// - Throws: INVALID_PARAMS for what is no string or empty, TOO_LARGE for what is too long.
  public mutating func storeKey(
    _ slot: Int, _ name: StaticString, in namespace: Namespace
  ) throws(RPCError) -> StoreKey {
    let count = try writeKey(try member(slot, name), name, in: namespace)
    if notes.isKept { note(keyOf: count) }
    return StoreKey(bytes: names)
  }

  /// The name of a value in the store, made from a string of the request.
  ///
  /// - Throws: INVALID_PARAMS for what is no string or empty, TOO_LARGE for what is too long.
  public mutating func storeKey(
    _ member: JSONMember, _ name: StaticString, in namespace: Namespace
  ) throws(RPCError) -> StoreKey {
    _ = try writeKey(member, name, in: namespace)
    return StoreKey(bytes: names)
  }

  /// The name of a value in the store, and how many of its last bytes are the caller's own key.
  ///
  /// - Throws: INVALID_PARAMS for what is no string or empty, TOO_LARGE for what is too long.
  mutating func splitStoreKey(
    _ slot: Int, _ name: StaticString, in namespace: Namespace
  ) throws(RPCError) -> (name: StoreKey, ownCount: Int) {
    let count = try writeKey(try member(slot, name), name, in: namespace)
    if notes.isKept { note(keyOf: count) }
    return (StoreKey(bytes: names), count)
  }

  /// The same, made from a string of the request.
  ///
  /// - Throws: INVALID_PARAMS for what is no string or empty, TOO_LARGE for what is too long.
  mutating func splitStoreKey(
    _ member: JSONMember, _ name: StaticString, in namespace: Namespace
  ) throws(RPCError) -> (name: StoreKey, ownCount: Int) {
    let count = try writeKey(member, name, in: namespace)
    return (StoreKey(bytes: names), count)
  }

  /// The same, made from a string of the request, with a word of the namespace's own before the caller's key.
  ///
  /// - Throws: INVALID_PARAMS for what is no string or empty, TOO_LARGE for what is too long.
  mutating func storeKey(
    _ member: JSONMember, _ name: StaticString, in namespace: Namespace, behind word: String,
    isNoted: Bool
  ) throws(RPCError) -> StoreKey {
    let count = try writeKey(member, name, in: namespace)
    if isNoted, notes.isKept { note(keyOf: count) }
    // Written where it is: each call has a name.
    names.writeString(word)
    names.withUnsafeMutableReadableBytes { bytes in
      let (end, length) = (bytes.count, word.utf8.count)
      let key = bytes[(end - length - count)..<(end - length)]
      bytes[(end - count)...].copyBytes(from: UnsafeRawBufferPointer(rebasing: key))
      bytes[(end - length - count)..<(end - count)].copyBytes(from: word.utf8)
    }
    return StoreKey(bytes: names)
  }

  private mutating func note(keyOf count: Int) {
    notes.key = Array(names.readableBytesView.suffix(count))
  }

  /// Writes a name into `names`, and tells how many of its last bytes are the caller's own key.
  @inline(__always)
  private mutating func writeKey(
    _ member: JSONMember, _ name: StaticString, in namespace: Namespace
  ) throws(RPCError) -> Int {
    guard member.kind == .string else { throw RPCError(.invalidParams, "\(name) is a string") }
    let key = member.content
    if member.hasEscapes { return try writeKey(decoding: key, name, in: namespace) }
    guard !key.isEmpty else { throw RPCError(.invalidParams, "\(name) may not be empty") }
    hasLongKey = key.count > settings.keyBytes
    guard !hasLongKey else { throw tooLong(name) }
    names.clear()
    try held.writeName(namespace, scope: scope, key: key, into: &names)
    return key.count
  }

  /// The same for a key that is written with escapes.
  private mutating func writeKey(
    decoding content: ByteRange, _ name: StaticString, in namespace: Namespace
  ) throws(RPCError) -> Int {
    guard let permit else { throw RPCError(.internal) }
    // Before it is copied, so that no caller makes the memory grow; an escape takes up to six bytes.
    hasLongKey = content.count / 6 > settings.keyBytes
    guard !hasLongKey else { throw tooLong(name) }
    var key: [UInt8] = []
    do throws(JSONFault) {
      try JSONString.decode(held.bytes.readableBytesSpan, content, into: &key)
    } catch {
      throw RPCError(.invalidParams, "\(name) holds half of a surrogate pair")
    }
    hasLongKey = key.count > settings.keyBytes
    guard !hasLongKey else { throw tooLong(name) }
    names.clear()
    try permit.keySpace.write(namespace, scope: scope, key: key.span.bytes, into: &names)
    return key.count
  }

  private mutating func tooLong(_ name: StaticString) -> RPCError {
    RPCError(.tooLarge, "\(name) has at most \(settings.keyBytes) bytes")
  }
}
