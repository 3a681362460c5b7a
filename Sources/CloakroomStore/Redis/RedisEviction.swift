public import Logging
internal import Synchronization

/// Whether a Redis removes keys of its choice when it is full, as far as it has said; known to all loops'
/// links together.
///
/// All keys have lives, so that every policy but `noeviction` may take any of them: what was claimed,
/// consumed or done once can then be so again, and nobody is told.
public final class RedisEviction: Sendable {
  /// The policy under which nothing is removed.
  private static let harmless = "noeviction"
  /// How often a link asks at most, beside each time that it connects.
  private static let pause = Duration.seconds(1)

  private struct State {
    /// Whether Redis was asked.
    var isAsked = false
    /// Its `maxmemory-policy`; nil when it has not told.
    var policy: String?
    /// Whether the log says that it may evict.
    var isLogged = false
    var askedAt: ContinuousClock.Instant?
  }

  private let state = Mutex(State())
  private let logger: Logger

  /// Nothing is known yet.
  public init(logger: Logger) { self.logger = logger }

  /// What is wrong, and what to do about it; nil when nothing is known to be.
  public var problem: String? {
    guard let policy = state.withLock(\.policy), policy != Self.harmless else { return nil }
    return "Redis may remove what it has (maxmemory-policy \(policy)): a claim can be given to two "
      + "owners and a one-time token be used twice, without an error; set its maxmemory-policy to "
      + Self.harmless
  }

  /// What could not be found out.
  public var remark: String? {
    guard state.withLock({ $0.isAsked && $0.policy == nil }) else { return nil }
    return "it is unknown whether Redis may remove what it has, as its user may not ask (INFO): "
      + "its maxmemory-policy must be \(Self.harmless)"
  }

  /// Takes in what Redis has said.
  ///
  /// - Parameter policy: its `maxmemory-policy`; nil when it has not told.
  func learn(_ policy: String?) {
    let evicts = policy.map { $0 != Self.harmless }
    let isNews = state.withLock { state in
      (state.isAsked, state.policy) = (true, policy)
      guard let evicts, evicts != state.isLogged else { return false }
      state.isLogged = evicts
      return true
    }
    guard isNews, let policy else { return }
    if policy != Self.harmless {
      logger.warning(
        "Redis may evict: what was claimed or used once can be so twice",
        metadata: ["maxmemory-policy": "\(policy)"])
    } else {
      logger.notice("Redis doesn't evict any more", metadata: ["maxmemory-policy": "\(policy)"])
    }
  }

  /// Whether it is time to ask again; a caller that is told so asks.
  func isToBeAsked() -> Bool {
    let now = ContinuousClock.now
    return state.withLock { state in
      if let askedAt = state.askedAt, now - askedAt < Self.pause { return false }
      state.askedAt = now
      return true
    }
  }
}
