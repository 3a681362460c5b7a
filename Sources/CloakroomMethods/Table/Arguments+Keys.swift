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
    let member = try member(slot, name)
    let count = try writeKey(member, name, in: namespace)
    if notes.isKept { notes.key = Array(names.readableBytesView.suffix(count)) }
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
    if notes.isKept { notes.key = Array(names.readableBytesView.suffix(count)) }
    return (StoreKey(bytes: names), count)
  }

  /// Writes a name into `names`, and tells how many of its last bytes are the caller's own key.
  private mutating func writeKey(
    _ member: JSONMember, _ name: StaticString, in namespace: Namespace
  ) throws(RPCError) -> Int {
    guard let permit else { throw RPCError(.internal) }
    guard member.kind == .string else { throw RPCError(.invalidParams, "\(name) is a string") }
    // Before the copy, so that no caller makes the buffer grow; an escape takes up to six bytes.
    let atLeast = member.hasEscapes ? member.content.count / 6 : member.content.count
    hasLongKey = atLeast > settings.keyBytes
    guard !hasLongKey else { throw tooLong(name) }
    names.clear()
    let count: Int
    if member.hasEscapes {
      var key: [UInt8] = []
      do throws(JSONFault) {
        try JSONString.decode(request.readableBytesSpan, member.content, into: &key)
      } catch {
        throw RPCError(.invalidParams, "\(name) holds half of a surrogate pair")
      }
      count = key.count
      try permit.keySpace.write(namespace, scope: scope, key: key.span.bytes, into: &names)
    } else {
      let range = member.content
      count = range.count
      // Another reference to the same bytes: the names are changed while they are read.
      let request = request
      let key = request.readableBytesSpan.extracting(range.offsets)
      try permit.keySpace.write(namespace, scope: scope, key: key, into: &names)
    }
    guard count > 0 else { throw RPCError(.invalidParams, "\(name) is not empty") }
    hasLongKey = count > settings.keyBytes
    guard !hasLongKey else { throw tooLong(name) }
    return count
  }

  private mutating func tooLong(_ name: StaticString) -> RPCError {
    RPCError(.tooLarge, "\(name) has at most \(settings.keyBytes) bytes")
  }
}
