public import CloakroomCore
internal import CloakroomRedis
public import Logging
internal import Synchronization

/// What a store refuses, known to all loops' links together: while it lasts it is told in health, and the log
/// says when it begins and when it ends.
public final class StoreRefusals: Sendable {
  /// How long a refusal is taken to last that nothing can be asked about.
  public static let memory = Duration.seconds(60)
  /// How long none may have come for another write to mean that it is over: near its limit, Redis takes small
  /// writes and refuses large ones.
  public static let quiet = Duration.seconds(5)

  private struct Refusal {
    var sentence: String?
    var lastAt: ContinuousClock.Instant
  }

  private struct State {
    var lasting: [StoreRefusal: Refusal] = [:]
    var counts: [UInt64] = Array(repeating: 0, count: StoreRefusal.allCases.count)
  }

  private let state = Mutex(State())
  private let logger: Logger
  private let isInMemory: Bool

  /// Nothing has been refused.
  ///
  /// - Parameter isInMemory: whether the store is the one in memory.
  public init(logger: Logger, isInMemory: Bool = false) {
    self.logger = logger
    self.isInMemory = isInMemory
  }

  // MARK: Taking in

  /// A command was refused.
  ///
  /// - Parameters:
  ///   - sentence: what the store has said.
  ///   - times: how many commands were.
  public func note(
    _ refusal: StoreRefusal, sentence: String?, times: UInt64 = 1,
    at now: ContinuousClock.Instant = .now
  ) {
    let isNew = state.withLock { state in
      state.counts[refusal.rawValue] &+= times
      guard refusal.isLasting else { return false }
      let isNew = state.lasting[refusal] == nil
      state.lasting[refusal] = Refusal(sentence: sentence, lastAt: now)
      return isNew
    }
    guard isNew else { return }
    let sentence = sentence.map { ": \($0)" } ?? ""
    logger.error("\(refusal.meaning(inMemory: isInMemory))\(sentence)")
  }

  /// Redis has refused a command.
  func note(_ error: borrowing RESPReply) {
    let sentence = RedisSentence.ofError(error)
    let code = error.errorCode(of: error.first)
    let isForbidden = code == "ERR" && sentence?.hasPrefix(Self.forbiddenInScript) == true
    guard code != RedisScripts.mismatch, code != RedisScripts.unreadable else { return }
    note(isForbidden ? .noPermission : StoreRefusal(code: code), sentence: sentence)
  }

  /// How Redis 7.0 says NOPERM of a command in a script.
  private static let forbiddenInScript = "ERR The user executing the script can't"

  /// Redis has taken a write that it refuses when it takes none.
  func tookWrite(now: ContinuousClock.Instant = .now) {
    end { refusal, last in
      refusal.isOfAllWrites && (refusal != .full || now - last >= Self.quiet)
    }
  }

  /// There is room in the store in memory again.
  public func hasRoom() { end { refusal, _ in refusal == .full } }

  /// Forgets what has not been refused for a while.
  public func forgetOld(now: ContinuousClock.Instant = .now) {
    end { _, last in now - last >= Self.memory }
  }

  private func end(where isOver: (StoreRefusal, _ last: ContinuousClock.Instant) -> Bool) {
    let ended = state.withLock { state in
      let ended = StoreRefusal.allCases.filter { refusal in
        state.lasting[refusal].map { isOver(refusal, $0.lastAt) } ?? false
      }
      for refusal in ended { state.lasting[refusal] = nil }
      return ended
    }
    for refusal in ended {
      logger.notice("the store no longer refuses: \(refusal.name)")
    }
  }

  // MARK: Telling

  /// Whether the store has refused writes, as far as is known, that it would take if it were well.
  public var areWritesRefused: Bool {
    state.withLock { $0.lasting.keys.contains { $0.isOfAllWrites } }
  }

  /// Whether anything is refused, as far as is known.
  public var isAnythingRefused: Bool { state.withLock { !$0.lasting.isEmpty } }

  /// What is refused, what it means, and what to do.
  public var problems: [String] {
    let lasting = state.withLock(\.lasting)
    return StoreRefusal.allCases.compactMap { refusal in
      guard let entry = lasting[refusal] else { return nil }
      let sentence = entry.sentence.map { " (\($0))" } ?? ""
      return refusal.meaning(inMemory: isInMemory) + sentence
    }
  }

  /// How many commands were refused, by the order of `StoreRefusal`.
  public var counts: [UInt64] { state.withLock(\.counts) }
}
