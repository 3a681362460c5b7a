package import CloakroomCore
package import CloakroomRedis

/// Tells who holds a claim.
package struct InspectClaim: StoreStep {
  package let key: StoreKey

  package init(_ key: StoreKey) { self.key = key }

  package func perform(in store: MemoryStore) throws(RPCError) -> ClaimState {
    let none = ClaimState(owner: nil, fence: nil, expiresAtMs: nil)
    return try store.claim(key, ifNone: .success(none)) { claim, moment in
      .success(claim.state(at: moment))
    }
  }

  package static let redis = ClaimScript.form(
    .read, "return {0, held and owner, fence > 0 and fence, held and ends}")

  package var keys: [StoreKey] { [key] }
  package var arguments: [RedisArgument] { [] }

  package static func read(_ reply: borrowing RESPReply) throws(RPCError) -> ClaimState? {
    if case .state(let state) = try ClaimScript.read(reply) { state } else { nil }
  }
}
