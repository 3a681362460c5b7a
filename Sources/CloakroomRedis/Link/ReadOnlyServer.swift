internal import NIOCore

/// What a link knows of a server that takes no writes, and how often it looks for another one.
///
/// A primary that was demoted in a failover keeps its connections and answers every write with
/// READONLY, while its address leads elsewhere by now. One that is a replica for good must not be
/// connected to anew for each write.
struct ReadOnlyServer {
  private let shortestBackoff: TimeAmount
  private let longestBackoff: TimeAmount
  private var backoff: TimeAmount
  private var nextAttempt = NIODeadline.uptimeNanoseconds(0)
  /// When a write was refused for the last time; nil once one was taken.
  private var lastRefusal: NIODeadline?

  /// How long a refusal is news.
  private static let memory = TimeAmount.minutes(1)

  /// A server that is taken for a primary; the waits are those of `RedisTarget`.
  init(shortestBackoff: TimeAmount, longestBackoff: TimeAmount) {
    self.shortestBackoff = shortestBackoff
    self.longestBackoff = longestBackoff
    backoff = shortestBackoff
  }

  /// Whether a write was refused, and none was taken since.
  var isSeen: Bool { lastRefusal != nil }

  /// Whether the server is known to take no writes: one was refused within the last minute.
  func isCurrent(now: NIODeadline) -> Bool {
    lastRefusal.map { now < $0 + Self.memory } ?? false
  }

  /// A write was refused.
  ///
  /// - Returns: whether it is time to look for another server.
  mutating func refusedWrite(now: NIODeadline) -> Bool {
    lastRefusal = now
    guard now >= nextAttempt else { return false }
    nextAttempt = now + backoff
    backoff = min(longestBackoff, backoff + backoff)
    return true
  }

  /// A write was taken.
  mutating func tookWrite() {
    lastRefusal = nil
    backoff = shortestBackoff
  }

  /// Whether an error of Redis says that a write was refused for that reason. Before Redis 7 a script's
  /// error stands behind words of its own.
  static func isMeant(by error: String) -> Bool {
    error.hasPrefix("READONLY ")
      || (error.hasPrefix("ERR Error running script") && error.contains(" -READONLY "))
  }
}
