internal import CloakroomRedis
public import Logging
internal import Synchronization

/// What a Redis has said of itself that may cost data: known to all loops' links together, told in health, and
/// in the log when it begins and ends.
///
/// All keys have lives, so that every eviction policy but `noeviction` may take any of them: what was claimed,
/// consumed or done once can then be so again, and nobody is told.
public final class RedisCondition: Sendable {
  /// The policy under which nothing is removed.
  private static let harmless = "noeviction"
  /// How often a link asks at most, beside each time that it connects.
  private static let pause = Duration.seconds(1)
  /// From how much of `maxmemory` on it is nearly full, in percent.
  private static let nearlyFull: Int64 = 90

  /// What is worth knowing though it works.
  private enum Remark: CaseIterable {
    case unknown, unknownPersistence, keepsNothing, replica, cluster, nearlyFull
  }

  private struct State {
    /// What was said last; nil when Redis was not asked.
    var facts: RedisFacts?
    /// Whether the log says that it may evict.
    var isEvictionLogged = false
    /// The remarks that the log has.
    var logged: Set<Remark> = []
    var askedAt: ContinuousClock.Instant?
    /// How many keys were removed since the first connection.
    var evictions: UInt64 = 0
  }

  private let state = Mutex(State())
  private let logger: Logger

  /// Nothing is known yet.
  public init(logger: Logger) { self.logger = logger }

  // MARK: Telling

  /// What is wrong, and what to do about it; nil when nothing is known to be.
  public var problem: String? {
    let (facts, evictions) = state.withLock { ($0.facts, $0.evictions) }
    guard let policy = facts?.evictionPolicy, policy != Self.harmless else { return nil }
    let lost = evictions == 0 ? "" : "; \(evictions) keys are gone since this sidecar connected"
    return "Redis may remove what it has (maxmemory-policy \(policy)): a claim can be given to two "
      + "owners and a one-time token be used twice, without an error; set its maxmemory-policy to "
      + Self.harmless + lost
  }

  /// What is worth knowing, or could not be found out.
  public var remarks: [String] {
    guard let facts = state.withLock(\.facts) else { return [] }
    return Remark.allCases.filter { Self.applies($0, facts) }.map { Self.text($0, facts) }
  }

  /// How many keys Redis has removed to make room since the sidecar first connected.
  public var evictions: UInt64 { state.withLock(\.evictions) }

  private static func applies(_ remark: Remark, _ facts: RedisFacts) -> Bool {
    switch remark {
    case .unknown: facts.evictionPolicy == nil
    case .unknownPersistence: facts.appendsToFile == false && facts.savePoints == nil
    case .keepsNothing: facts.appendsToFile == false && facts.savePoints == ""
    case .replica: facts.role == "slave"
    case .cluster: facts.mode == "cluster"
    case .nearlyFull: fill(facts) >= nearlyFull
    }
  }

  private static func fill(_ facts: RedisFacts) -> Int64 {
    guard let used = facts.usedMemory, let most = facts.maxMemory, most > 0 else { return 0 }
    return Int64(Double(used) / Double(most) * 100)
  }

  private static func text(_ remark: Remark, _ facts: RedisFacts) -> String {
    switch remark {
    case .unknown:
      "it is unknown whether Redis may remove what it has, as its user may not ask (INFO): "
        + "its maxmemory-policy must be \(harmless)"
    case .unknownPersistence:
      "it is unknown whether Redis keeps anything over a restart, as its user may not ask (CONFIG GET "
        + "save): it must save, or have appendonly yes"
    case .keepsNothing:
      "Redis keeps nothing over a restart: what is pending, claimed, or was used once is forgotten then; "
        + "set appendonly yes"
    case .replica:
      "Redis is a replica and takes no writes: its address must lead to the primary"
    case .cluster:
      "Redis is in cluster mode, which is not served: it refuses the keys of other shards; give the "
        + "address of a Redis that has all keys"
    case .nearlyFull:
      "Redis uses \(fill(facts)) % of its maxmemory: when that is used up it refuses writes, or removes "
        + "what it has; raise maxmemory"
    }
  }

  /// How the log says that a remark is over.
  private static func ended(_ remark: Remark) -> String {
    switch remark {
    case .unknown: "Redis says now what it removes when it is full"
    case .unknownPersistence: "Redis says now what it keeps over a restart"
    case .keepsNothing: "Redis keeps its data over a restart now"
    case .replica: "Redis is a primary now"
    case .cluster: "Redis is not in cluster mode any more"
    case .nearlyFull: "Redis has room again below its maxmemory"
    }
  }

  // MARK: Taking in

  /// Takes in what Redis has said on a connection that is new.
  func learn(_ facts: RedisFacts) { update { $0 = facts } }

  /// Takes in what Redis answers to INFO later.
  func learnAgain(_ reply: borrowing RESPReply) {
    var answered = RedisFacts()
    answered.takeInfo(reply)
    update { facts in
      answered.savePoints = facts?.savePoints
      facts = answered
    }
  }

  private func update(_ change: (inout RedisFacts?) -> Void) {
    let (evictionNews, policy, begun, over) = state.withLock { state in
      let before = state.facts
      change(&state.facts)
      guard let facts = state.facts else { return (false, String?.none, [String](), [Remark]()) }
      if let before, before.runID == facts.runID, let old = before.evictedKeys,
        let new = facts.evictedKeys, new > old
      {
        state.evictions &+= new - old
      }
      let policy = facts.evictionPolicy
      let evicts = policy.map { $0 != Self.harmless }
      let isNews = evicts.map { $0 != state.isEvictionLogged } ?? false
      state.isEvictionLogged = evicts ?? state.isEvictionLogged
      let applying = Remark.allCases.filter { Self.applies($0, facts) }
      let begun = applying.filter { !state.logged.contains($0) }
      let over = Remark.allCases.filter { state.logged.contains($0) && !applying.contains($0) }
      state.logged = Set(applying)
      return (isNews, policy, begun.map { Self.text($0, facts) }, over)
    }
    if evictionNews, let policy {
      if policy != Self.harmless {
        logger.warning(
          "Redis may evict: what was claimed or used once can be so twice",
          metadata: ["maxmemory-policy": "\(policy)"])
      } else {
        logger.notice("Redis doesn't evict any more", metadata: ["maxmemory-policy": "\(policy)"])
      }
    }
    for text in begun { logger.notice("\(text)") }
    for remark in over { logger.notice("\(Self.ended(remark))") }
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
