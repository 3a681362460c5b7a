/// How one limit stands for a call that is to cost something, and what follows from it.
public struct RateStanding: Sendable, Hashable {
  /// The limit.
  public let limit: RateLimit
  /// How far ahead its TAT was when it was looked at; further than the limit allows where a larger burst has taken
  /// more.
  public let ahead: RateSpan
  /// By how much the call's cost moves it.
  public let cost: RateSpan

  /// How a limit stands.
  public init(_ limit: RateLimit, ahead: RateSpan, cost: RateSpan) {
    self.limit = limit
    self.ahead = ahead
    self.cost = cost
  }

  /// Whether the cost can be taken. What costs nothing always can, also when a larger burst has used up more than
  /// the limit allows.
  public var isAllowed: Bool { cost == .zero || limit.sum(ahead, cost) <= limit.capacity }

  /// How long until the cost can be taken if nobody else takes anything; zero when it can.
  public var wait: RateSpan {
    isAllowed ? .zero : limit.difference(limit.sum(ahead, cost), limit.capacity)
  }

  /// The same in milliseconds, rounded up: a caller who waits so long is let through if nobody else came.
  public var retryAfterMs: Int64 { wait.milliseconds }

  /// The same with the cost taken.
  public var taken: RateStanding { RateStanding(limit, ahead: limit.sum(ahead, cost), cost: cost) }

  /// How many could be taken now.
  public var remaining: Int64 { limit.remaining(at: ahead) }

  /// How long until it is untouched again, in milliseconds.
  public var resetMs: Int64 { ahead.milliseconds }

  /// The same when nothing was taken for so many nanoseconds.
  public func later(by nanoseconds: UInt64) -> RateStanding {
    let passed = RateSpan(
      microseconds: Int64(clamping: nanoseconds / 1000), part: 0)
    let rest = passed < ahead ? limit.difference(ahead, passed) : .zero
    return RateStanding(limit, ahead: rest, cost: cost)
  }
}
