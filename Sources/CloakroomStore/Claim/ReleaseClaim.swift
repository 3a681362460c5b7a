package import CloakroomCore
package import CloakroomRedis

/// Ends a claim; CLAIM_NOT_HELD unless the owner holds it, FENCE_STALE when a fence is given that isn't
/// the one held.
package struct ReleaseClaim: StoreStep {
  package let key: StoreKey
  package let owner: String
  package let fence: Int64?

  package init(_ key: StoreKey, owner: String, fence: Int64?) {
    self.key = key
    self.owner = owner
    self.fence = fence
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> Done {
    try store.claim(key, ifNone: .failure(RPCError(.claimNotHeld))) { claim, moment in
      claim.release(owner, fence, at: moment)
    }
  }

  /// It is not sent again: a second one would be told that nothing is held.
  ///
  /// ARGV: owner, fence or '', retention (ms).
  package static let redis = ClaimScript.form(
    .write, ClaimScript.queue, ClaimScript.check,
    """
    free(ARGV[3])
    return {3}
    """)

  package var keys: [StoreKey] { [key] }

  package var arguments: [RedisArgument] {
    [.text(owner), .number(fence), .number(ClaimState.retentionMs)]
  }

  package static func read(_ reply: borrowing RESPReply) throws(RPCError) -> Done? {
    if case .done = try ClaimScript.read(reply) { Done() } else { nil }
  }
}
