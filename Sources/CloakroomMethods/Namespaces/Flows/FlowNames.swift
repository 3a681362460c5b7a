internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The names of a tenant's flows in the store.
struct FlowNames: Sendable {
  /// What the own names of all flows begin with.
  static let head = "flow:"

  private let keySpace: KeySpace
  private let scope: [ScopeStep]

  /// The names of the service and scope that a call is for.
  init(_ arguments: inout Arguments) throws(RPCError) {
    guard let permit = arguments.permit else { throw RPCError(.internal) }
    keySpace = permit.keySpace
    scope = arguments.scope
  }

  /// How many steps the call's scope has; 0 is the service's root.
  var depth: Int { scope.count }

  /// The name of a flow's record in the call's own scope.
  func record(of flow: String) throws(RPCError) -> StoreKey { try record(of: flow, depth: depth) }

  /// The name of a flow's record in the scope of the first steps of the call's.
  func record(of flow: String, depth: Int) throws(RPCError) -> StoreKey {
    try name(Self.head + flow, depth: depth)
  }

  /// The name of the index of the flows of the scope of the first steps of the call's.
  func index(depth: Int) throws(RPCError) -> StoreKey { try name("flows", depth: depth) }

  /// The names of the statistics of a flow of the call's own scope.
  func statistics(of flow: String) throws(RPCError) -> FlowStatistics {
    try FlowStatistics(keySpace, scope: scope, flow: flow)
  }

  /// The names of the statistics of a flow of the scope of the first steps of the call's.
  func statistics(of flow: String, depth: Int) throws(RPCError) -> FlowStatistics {
    try FlowStatistics(keySpace, scope: Array(scope.prefix(depth)), flow: flow)
  }

  private func name(_ own: String, depth: Int) throws(RPCError) -> StoreKey {
    var name = ByteBuffer()
    try keySpace.write(
      .session, scope: Array(scope.prefix(depth)), key: own.utf8.span.bytes, into: &name)
    return StoreKey(bytes: name)
  }
}
