internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import NIOCore

/// The names of revocations in the store, for one service.
///
/// A revocation is not in a scope, whatever the call that asks: a `jti` is a token's own everywhere,
/// and a token that was revoked must not pass because it is shown with another scope.
struct TokenNames: Sendable {
  private let keySpace: KeySpace

  init(_ arguments: inout Arguments) throws(RPCError) {
    guard let permit = arguments.permit else { throw RPCError(.internal) }
    keySpace = permit.keySpace
  }

  /// The name of a token's revocation.
  ///
  /// - Parameter id: the token's `jti`.
  func revocation(of id: String) throws(RPCError) -> StoreKey {
    var name = ByteBuffer()
    let key = TokenID.storable(id)
    try keySpace.write(.jwt, scope: [], key: key.utf8.span.bytes, into: &name)
    return StoreKey(bytes: name)
  }
}
