public import CloakroomCore

/// One limit that is asked for: on what, which, and at what cost.
public struct RateDemand: Sendable, Hashable {
  /// How many one step asks for at most.
  public static let limit = 16

  /// What it is on.
  public let key: StoreKey
  /// How often that may be.
  public let limit: RateLimit
  /// By how much the cost moves it ahead.
  public let cost: RateSpan

  /// Asks for a limit.
  ///
  /// - Throws: INVALID_PARAMS for a cost that is negative or above the burst: no wait would ever do.
  public init(_ key: StoreKey, _ limit: RateLimit, cost: Int64 = 1) throws(RPCError) {
    guard let span = limit.span(of: cost) else {
      throw RPCError(.invalidParams, "cost is between 0 and the burst, which is \(limit.burst)")
    }
    self.key = key
    self.limit = limit
    self.cost = span
  }
}

extension RPCError {
  /// As many windows are under way on one key as there may be.
  static let tooManyRateWindows = RPCError(
    .invalidParams,
    "a key has limits with at most \(RateState.windowLimit) different windows at a time")
}
