public import CloakroomCore

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

/// A request's place in a claim's queue.
public struct ClaimPlace: Sendable, Equatable {
  /// What to ask again with.
  public let number: Int64
  /// Whether nobody waits before it.
  public let isFirst: Bool
  /// How long the claim is still held, in milliseconds; 0 when the first in the queue may have it.
  public let remainingMs: Int64

  /// Describes a place.
  public init(number: Int64, isFirst: Bool, remainingMs: Int64) {
    self.number = number
    self.isFirst = isFirst
    self.remainingMs = remainingMs
  }
}

extension RPCError {
  /// As many wait for a claim as may.
  public static let tooManyClaimWaiters = RPCError(
    .overloaded, "too many wait for that claim", retryAfterMs: 1000,
    details: [.text("limit", "claim_waiters")])
}
