internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The names of a tenant's operations in the store.
struct PendingNames: Sendable {
  private let keySpace: KeySpace
  private let scope: [ScopeStep]

  /// The names of the service and scope that a call is for.
  init(_ arguments: inout Arguments) throws(RPCError) {
    guard let permit = arguments.permit else { throw RPCError(.internal) }
    keySpace = permit.keySpace
    scope = arguments.scope
  }

  /// The name of an operation.
  func key(_ id: String) throws(RPCError) -> StoreKey {
    var name = ByteBuffer()
    try keySpace.write(.pending, scope: scope, key: id.utf8.span.bytes, into: &name)
    return StoreKey(bytes: name)
  }

  /// What the names of all of them begin with.
  var prefix: StoreKey { get throws(RPCError) { try key("") } }

  /// What a signed token says of whose operation it is, without telling anybody who reads it.
  var tenant: String { get throws(RPCError) { Fingerprint.text(of: try prefix.bytes) } }

  /// The id of an operation with a name; nil for a name that is not of this tenant's.
  func id(in name: StoreKey) throws(RPCError) -> String? {
    let prefix = try prefix.bytes
    guard
      name.bytes.getSlice(at: name.bytes.readerIndex, length: prefix.readableBytes) == prefix
    else { return nil }
    let id = String(
      decoding: name.bytes.readableBytesView.dropFirst(prefix.readableBytes), as: UTF8.self)
    return PendingToken.isID(id) ? id : nil
  }
}
