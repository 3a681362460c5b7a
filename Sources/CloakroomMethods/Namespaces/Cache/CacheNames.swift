internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The names of a tenant's tags in the store.
struct CacheNames: Sendable {
  private let keySpace: KeySpace
  private let scope: [ScopeStep]

  /// The names of the service and scope that a call is for.
  ///
  /// - Throws: SCOPE_INVALID for a scope that may not be.
  init(_ arguments: inout Arguments) throws(RPCError) {
    guard let permit = arguments.permit else { throw RPCError(.internal) }
    self.init(permit.keySpace, scope: arguments.scope)
    try KeySpace.check(scope)
  }

  /// The names of a service and a scope that has been checked.
  init(_ keySpace: KeySpace, scope: [ScopeStep] = []) {
    self.keySpace = keySpace
    self.scope = scope
  }

  /// The counter of the service's invalidations, whatever the scope.
  var counter: StoreKey {
    var name = ByteBuffer()
    keySpace.writeTagCounter(into: &name)
    return StoreKey(bytes: name)
  }

  /// A tag.
  func tag(_ tag: String) -> StoreKey {
    var name = ByteBuffer()
    // Most are no longer: one piece of memory for each.
    name.reserveCapacity(96 + tag.utf8.count)
    keySpace.writeTagHead(scope: scope, into: &name)
    name.writeString(tag)
    return StoreKey(bytes: name)
  }
}
