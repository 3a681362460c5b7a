internal import CloakroomCore

extension RPCError {
  /// As many wait for a claim as may.
  static let tooManyWaiters = RPCError(
    .overloaded, "too many wait for that claim", retryAfterMs: 1000,
    details: [.text("limit", "claim_waiters")])
}
