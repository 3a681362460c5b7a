/// What a step on a claim came to, where it was not refused.
public enum ClaimReply: Sendable, Equatable {
  /// The owner that asked holds the claim.
  case held(fence: Int64, expiresAtMs: Int64)
  /// How the claim stands; the caller doesn't hold it.
  case state(ClaimState)
  /// The request stands in the queue.
  case waiting(ClaimPlace)
}

/// How a claim stands.
public struct ClaimState: Sendable, Equatable {
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
