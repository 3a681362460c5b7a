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

  package static func read(_ reply: borrowing RESPReply) throws(RPCError) -> ClaimState? {
    if case .state(let state) = try ClaimScript.read(reply) { state } else { nil }
  }
}

/// How a claim stands: a name that one owner at a time holds, for a while.
///
/// Held means that its end is past the store's own clock, whatever the sidecars' clocks say.
public struct ClaimState: Sendable, Equatable {
  /// How long a claim's last fence is kept after the claim has ended, in milliseconds: 24 hours.
  ///
  /// Past it, or when the store has lost its data, the store's clock takes over: a fence is never
  /// less than the microseconds since 1970 when it is given out.
  public static let retentionMs: Int64 = 86_400_000

  /// Who holds it; nil when nobody does.
  public let owner: String?
  /// The last fence that was given out: the holder's, when there is one. Nil when none is known.
  public let fence: Int64?
  /// When it ends, in milliseconds since 1970 by the store's clock; nil when nobody holds it.
  public let expiresAtMs: Int64?

  /// Describes a claim.
  public init(owner: String?, fence: Int64?, expiresAtMs: Int64?) {
    self.owner = owner
    self.fence = fence
    self.expiresAtMs = expiresAtMs
  }
}
