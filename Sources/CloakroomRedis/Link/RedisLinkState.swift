internal import NIOCore

/// The decisions of a link, apart from its sockets: what happens next when something happened.
///
/// Non-copyable, so that there is one truth about a link; it has no clock and no randomness of its
/// own, so that tests drive it event by event.
struct RedisLinkState: ~Copyable {
  /// How things stand.
  enum Phase: Equatable {
    /// The first connection, or the one right after a loss, is being made: commands wait for it.
    case connecting
    /// Commands are written as they come.
    case ready
    /// Connecting has failed: commands are refused at once until it succeeds.
    case down
    /// Given up for good.
    case closed
  }

  /// What to do next.
  enum Action: Equatable {
    /// Nothing.
    case none
    /// Connect now; commands wait.
    case connect
    /// Send what waits.
    case send
    /// Refuse what waits, and try again after a wait of at most this long.
    case refuseAndRetry(within: TimeAmount)
    /// Refuse what waits.
    case refuse
  }

  private let shortestBackoff: TimeAmount
  private let longestBackoff: TimeAmount
  private(set) var phase: Phase = .connecting
  /// How many attempts have failed since the link was last ready.
  private(set) var failures = 0

  /// A link that is being connected for the first time; the waits are those of `RedisTarget`.
  init(shortestBackoff: TimeAmount, longestBackoff: TimeAmount) {
    self.shortestBackoff = shortestBackoff
    self.longestBackoff = longestBackoff
  }

  /// Redis has greeted back.
  mutating func becameReady() -> Action {
    guard phase != .closed else { return .none }
    phase = .ready
    failures = 0
    return .send
  }

  /// The connection was lost, or did not come about.
  mutating func lost() -> Action {
    switch phase {
    case .closed:
      return .none
    case .ready:
      // The first attempt is made at once: a restarted Redis or a cut connection is back in no time.
      phase = .connecting
      return .connect
    case .connecting, .down:
      phase = .down
      failures += 1
      return .refuseAndRetry(within: backoff)
    }
  }

  /// Nothing more is wanted of the link.
  mutating func close() -> Action {
    guard phase != .closed else { return .none }
    phase = .closed
    return .refuse
  }

  /// Exponential, with a bound; the caller draws the wait from zero to this ("full jitter").
  private var backoff: TimeAmount {
    let doublings = min(failures - 1, 16)
    let (nanoseconds, overflow) = shortestBackoff.nanoseconds.multipliedReportingOverflow(
      by: 1 << doublings)
    return overflow ? longestBackoff : min(longestBackoff, .nanoseconds(nanoseconds))
  }
}
