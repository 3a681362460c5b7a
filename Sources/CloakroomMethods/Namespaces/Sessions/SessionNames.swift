internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The names of a tenant's sessions in the store.
struct SessionNames: Sendable {
  private let keySpace: KeySpace
  /// Whose they are, outermost first.
  let scope: [ScopeStep]

  /// The names of the service and scope that a call is for.
  init(_ arguments: inout Arguments) throws(RPCError) {
    guard let permit = arguments.permit else { throw RPCError(.internal) }
    keySpace = permit.keySpace
    scope = arguments.scope
  }

  /// The name of a session.
  func session(_ ref: String) throws(RPCError) -> StoreKey { try name(ref) }

  /// The name of the index of a principal's sessions.
  func sessions(of principal: String) throws(RPCError) -> StoreKey {
    try name(Self.index(of: principal))
  }

  /// The same, as it stands behind the namespace.
  static func index(of principal: String) -> String {
    "of:" + Fingerprint.text(of: ByteBuffer(string: principal))
  }

  /// The name of the index of sessions whose attempts are used up.
  var dead: StoreKey { get throws(RPCError) { try name("dead") } }

  /// Whether a name is that of a session or a flow, as it stands behind the namespace: all others are the
  /// sidecar's own, indexes and statistics.
  static func isRecord(_ own: String) -> Bool {
    PendingToken.isID(own) || own.hasPrefix(FlowNames.head)
  }

  private func name(_ own: String) throws(RPCError) -> StoreKey {
    var name = ByteBuffer()
    try keySpace.write(.session, scope: scope, key: own.utf8.span.bytes, into: &name)
    return StoreKey(bytes: name)
  }
}
