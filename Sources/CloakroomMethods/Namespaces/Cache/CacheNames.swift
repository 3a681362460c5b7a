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

  /// Tags that are only to be read: one piece of memory has all of their names.
  func tags(_ tags: [String]) -> [StoreKey] {
    var names = ByteBuffer()
    names.reserveCapacity(tags.reduce(0) { $0 + Self.headRoom + $1.utf8.count })
    var headCount = 0
    for tag in tags {
      let start = names.writerIndex
      keySpace.writeTagHead(scope: scope, into: &names)
      headCount = names.writerIndex - start
      names.writeString(tag)
    }
    // Not before all are written: what has slices is copied by the next write.
    return tags.map { tag in
      StoreKey(bytes: names.readSlice(length: headCount + tag.utf8.count) ?? ByteBuffer())
    }
  }

  /// How long most heads are at most.
  private static let headRoom = 96

  /// A tag.
  func tag(_ tag: String) -> StoreKey {
    var name = ByteBuffer()
    // Most are no longer: one piece of memory for each.
    name.reserveCapacity(Self.headRoom + tag.utf8.count)
    keySpace.writeTagHead(scope: scope, into: &name)
    name.writeString(tag)
    return StoreKey(bytes: name)
  }
}
