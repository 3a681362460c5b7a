internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A guard as the store has it: what became of the one thing that callers want done once under a key.
///
/// It is locked by one caller, open to the next try, completed or failed for good. A lock that lapses needs no
/// step: the next to begin has it. Nothing that happens to it by itself is noticed; the store forgets it when
/// its life is over.
struct GuardRecord: RecordKind, Equatable {
  typealias Event = GuardRequest
  typealias Outcome = GuardOutcome

  static let namespace = Namespace.idempotency

  /// How it stands.
  enum State: String, Sendable {
    case locked, open, completed, failed
  }

  var state = State.locked
  /// A digest of what is done under the key; nil when nobody has said.
  var fingerprint: String?
  /// The digest of the last lock's receipt; nil once that was taken back.
  var receipt: String?
  /// The receipt of the lock before, as long as this one can be taken back: then it is that one's again.
  var earlier: String?
  /// Whether that lock had been ended by a failure, and not only lapsed.
  var wasOpen = false
  /// How often it was locked.
  var attempts: Int64 = 0
  /// How long the lock was given last, in milliseconds.
  var lockMs: Int64 = 0
  var lockEndsAtMs: Int64 = 0
  var lifeMs: Int64 = 0
  var keptUntilMs: Int64 = 0
  var endedAtMs: Int64 = 0
  /// Whether somebody has waited for it: those who do are told of changes. It stays so, as one who has waited
  /// says nothing when it goes.
  var isAwaited = false
  /// The result, or the failure that was kept; before that what the last try that failed has left.
  var data = ByteBuffer()

  /// One that nobody has locked yet.
  init() {}

  var nextLookMs: Int64? { nil }

  // MARK: Deciding

  static func isReading(_ request: GuardRequest) -> Bool {
    if case .look = request { true } else { false }
  }

  static func look(at name: StoreKey, _ configuration: Configuration) -> GuardRequest { .look }

  /// Most begins are the first, and one that waits has seen the record.
  static func expectsNothing(_ request: GuardRequest) -> Bool {
    if case .begin(let lock) = request { !lock.isAwaiting } else { false }
  }

  static func decide(
    _ record: GuardRecord?, _ request: GuardRequest, at now: Int64
  ) -> Transition<GuardRecord> {
    guard case .begin(let lock) = request else {
      guard let record else { return Transition(outcome: .refused(.notFound)) }
      return record.transition(isEnding: true) { $0.end(request, at: now) }
    }
    guard let record else {
      return GuardRecord().transition { .new($0.take(lock, at: now)) }
    }
    var transition = record.transition { $0.begin(lock, at: now) }
    // That it is awaited is written only as long as it is: one that has lapsed is the waiter's.
    if case .inProgress = transition.outcome { transition.staleAtMs = record.lockEndsAtMs }
    return transition
  }

  /// What a step makes of it; one that changes nothing writes nothing.
  private func transition(
    isEnding: Bool = false, _ step: (inout GuardRecord) -> GuardOutcome
  ) -> Transition<GuardRecord> {
    var record = self
    var transition = Transition<GuardRecord>(outcome: step(&record))
    transition.isPassing = transition.outcome.isPassing
    guard record != self else { return transition }
    transition.change = record
    transition.isEnding = isEnding
    transition.announces = isAwaited && record.isSooner(than: self)
    return transition
  }

  /// Whether somebody who waits has less to wait for than before: it is not locked any more, or for less long.
  private func isSooner(than before: GuardRecord) -> Bool {
    before.state == .locked && (state != .locked || lockEndsAtMs < before.lockEndsAtMs)
  }

  // MARK: Beginning

  private mutating func begin(_ lock: GuardLock, at now: Int64) -> GuardOutcome {
    if let fingerprint, let other = lock.fingerprint,
      ByteString(fingerprint) != ByteString(other)
    {
      return .refused(.mismatch)
    }
    switch state {
    case .completed, .failed: return .ended(end(isRepeated: true))
    case .locked where lockEndsAtMs > now:
      if receipt == lock.receipt { return .new(hold(isRepeated: true)) }
      isAwaited = isAwaited || lock.isAwaiting
      // The sidecars' clocks may be a little apart.
      return .inProgress(restMs: min(lockEndsAtMs &- now, lockMs))
    case .locked, .open: return .new(take(lock, at: now))
    }
  }

  private mutating func take(_ lock: GuardLock, at now: Int64) -> GuardHold {
    wasOpen = state == .open
    state = .locked
    fingerprint = fingerprint ?? lock.fingerprint
    earlier = receipt
    receipt = lock.receipt
    attempts &+= 1
    lockMs = lock.lock.milliseconds
    lockEndsAtMs = now &+ lockMs
    lifeMs = lock.life.milliseconds
    keep(at: now)
    return hold(isRepeated: false)
  }

  private func hold(isRepeated: Bool) -> GuardHold {
    GuardHold(
      attempt: attempts, endsAtMs: lockEndsAtMs, lastError: data, isRepeated: isRepeated)
  }

  // MARK: Ending

  private mutating func end(_ request: GuardRequest, at now: Int64) -> GuardOutcome {
    switch request {
    case .begin, .look: return .withdrawn
    case .complete(let given, let result):
      return end(given, as: .completed, result, at: now)
    case .fail(let given, let error, isFinal: true):
      return end(given, as: .failed, error, at: now)
    case .fail(let given, let error, isFinal: false):
      return open(given, error, at: now)
    case .renew(let given, let lock):
      return renew(given, lock, at: now)
    case .withdraw(let given):
      return withdraw(given)
    }
  }

  private mutating func end(
    _ given: String, as end: State, _ result: ByteBuffer, at now: Int64
  ) -> GuardOutcome {
    guard receipt == given else { return .refused(.leaseLost) }
    if state == end { return .ended(self.end(isRepeated: true)) }
    guard state == .locked else { return .refused(.ended(state)) }
    state = end
    data = result
    endedAtMs = now
    lockEndsAtMs = 0
    keep(at: now)
    return .ended(self.end(isRepeated: false))
  }

  private func end(isRepeated: Bool) -> GuardEnd {
    GuardEnd(
      result: data, atMs: endedAtMs, isFailure: state == .failed, isRepeated: isRepeated)
  }

  private mutating func open(_ given: String, _ error: ByteBuffer, at now: Int64) -> GuardOutcome {
    guard receipt == given else { return .refused(.leaseLost) }
    if state == .open { return .opened(attempts: attempts, isRepeated: true) }
    guard state == .locked else { return .refused(.ended(state)) }
    state = .open
    data = error
    lockEndsAtMs = 0
    keep(at: now)
    return .opened(attempts: attempts, isRepeated: false)
  }

  private mutating func renew(
    _ given: String, _ lock: TimeToLive?, at now: Int64
  ) -> GuardOutcome {
    guard receipt == given else { return .refused(.leaseLost) }
    guard state == .locked else { return .refused(.ended(state)) }
    lockMs = lock?.milliseconds ?? lockMs
    lockEndsAtMs = now &+ lockMs
    keep(at: now)
    return .renewed(lockEndsAtMs: lockEndsAtMs)
  }

  /// What was done under the key before stays; if nothing was, it is anybody's for anything.
  private mutating func withdraw(_ given: String) -> GuardOutcome {
    guard state == .locked, receipt == given else { return .refused(.leaseLost) }
    // A lock that has only lapsed is still good for its holder to complete.
    state = earlier == nil || wasOpen ? .open : .locked
    attempts = max(attempts &- 1, 0)
    receipt = earlier
    earlier = nil
    lockEndsAtMs = 0
    if attempts == 0 { fingerprint = nil }
    return .withdrawn
  }

  /// Is kept as long as was asked for from now on, and long enough for a lock that has lapsed to be
  /// completed all the same.
  private mutating func keep(at now: Int64) {
    keptUntilMs = now &+ lifeMs
    if state == .locked { keptUntilMs = max(keptUntilMs, lockEndsAtMs &+ lockMs) }
  }
}

extension GuardOutcome {
  /// Whether the same step may come to something else later.
  fileprivate var isPassing: Bool {
    if case .inProgress = self { true } else { false }
  }
}
