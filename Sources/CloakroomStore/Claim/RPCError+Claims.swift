public import CloakroomCore

extension RPCError {
  /// As many wait for a claim as may.
  public static let tooManyClaimWaiters = RPCError(
    .overloaded, "too many wait for that claim", retryAfterMs: 1000,
    details: [.text("limit", Limit.claimWaiters.name)], limit: .claimWaiters)
}
