package import CloakroomCore
package import CloakroomRedis

/// Gives a claim a new life from now on; CLAIM_NOT_HELD unless the owner holds it, FENCE_STALE when a
/// fence is given that isn't the one held.
package struct RenewClaim: StoreStep {
  package let key: StoreKey
  package let owner: String
  package let life: TimeToLive
  package let fence: Int64?

  package init(_ key: StoreKey, owner: String, life: TimeToLive, fence: Int64?) {
    self.key = key
    self.owner = owner
    self.life = life
    self.fence = fence
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> ClaimHold {
    try store.claim(key, ifNone: .failure(RPCError(.claimNotHeld))) { claim, moment in
      claim.renew(owner, life, fence, at: moment)
    }
  }

  /// ARGV: owner, fence or '', life (ms), retention (ms).
  package static let redis = ClaimScript.form(
    .idempotentWrite, ClaimScript.queue, ClaimScript.check,
    """
    local before = ends
    ends = now + tonumber(ARGV[3])
    commit(ends < before, 'PEXPIREAT', text(ends + tonumber(ARGV[4])), 'until', text(ends))
    return {1, fence, ends}
    """)

  package var keys: [StoreKey] { [key] }

  package var arguments: [RedisArgument] {
    [
      .text(owner), .number(fence), .number(life.milliseconds), .number(ClaimState.retentionMs),
    ]
  }

  package static func read(_ reply: borrowing RESPReply) throws(RPCError) -> ClaimHold? {
    if case .held(let hold) = try ClaimScript.read(reply) { hold } else { nil }
  }
}

/// A claim that the owner who asked holds.
public struct ClaimHold: Sendable, Equatable {
  /// The number that tells it from every other time that the claim was held.
  public let fence: Int64
  /// When it ends, in milliseconds since 1970 by the store's clock.
  public let expiresAtMs: Int64

  /// Describes a claim that is held.
  public init(fence: Int64, expiresAtMs: Int64) {
    self.fence = fence
    self.expiresAtMs = expiresAtMs
  }
}
