/// How one limit stands for a call that is to cost something, and what follows from it.
public struct RateStanding: Sendable, Hashable {
  /// The limit.
  public let limit: RateLimit
  /// How far ahead its TAT was when it was looked at.
  public let ahead: RateSpan
  /// By how much the call's cost moves it.
  public let cost: RateSpan

  /// How a limit stands.
  public init(_ limit: RateLimit, ahead: RateSpan, cost: RateSpan) {
    self.limit = limit
    self.ahead = ahead
    self.cost = cost
  }

  /// Whether the cost can be taken.
  public var isAllowed: Bool { limit.sum(ahead, cost) <= limit.capacity }

  /// How long until the cost can be taken if nobody else takes anything, in milliseconds; 0 when it can.
  public var retryAfterMs: Int64 {
    let after = limit.sum(ahead, cost)
    return after <= limit.capacity ? 0 : limit.difference(after, limit.capacity).milliseconds
  }

  /// The same with the cost taken.
  public var taken: RateStanding { RateStanding(limit, ahead: limit.sum(ahead, cost), cost: cost) }

  /// How many could be taken now.
  public var remaining: Int64 { limit.remaining(at: ahead) }

  /// How long until it is untouched again, in milliseconds.
  public var resetMs: Int64 { ahead.milliseconds }
}
