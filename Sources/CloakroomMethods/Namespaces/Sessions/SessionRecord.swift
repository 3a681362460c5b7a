internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A session as the store has it, or what is left of one that is over.
///
/// It is open, leased to one caller, dead (its attempts are used up), or over; then this is its tombstone,
/// which says why for as long as it is kept.
struct SessionRecord: RecordKind, Equatable {
  typealias Event = SessionRequest
  typealias Outcome = SessionOutcome

  /// How it stands.
  enum State: String {
    case open, leased, dead, expired, committed, deleted, rotated
  }

  let createdAtMs: Int64
  /// Which definition of a flow it is on; nil is none.
  let flow: FlowMark?
  /// How many steps of its scope lie between it and its flow.
  let outward: Int
  /// What calls on it are held against.
  let binding: FlowBinding
  /// How long it lives without being touched; 0 is as long as its absolute life.
  let idleMs: Int64

  var state = State.open
  /// The session's data; the commit's result, of one that is committed.
  var content: SessionContent
  /// How far it has come through its flow, as `FlowProgress` writes it; nil without a flow.
  var way: String?
  /// The steps that were completed, in that order, of a session without a flow.
  var completed: [String] = []
  /// The step that it is at; nil of one without a flow that hasn't been at any.
  var step: String?
  /// When it came there.
  var enteredAtMs: Int64
  var metadata: SessionMetadata
  /// Whose it is, in the application's own words.
  var principal: String?

  /// When something was done with it last that counts as use.
  var activeAtMs: Int64
  /// The absolute end.
  var endAtMs: Int64
  var expiresAtMs: Int64
  var keptUntilMs: Int64

  /// When it has come to an end that was found by nobody who has done all that follows from it; 0 else.
  var endedAtMs: Int64 = 0
  /// What has happened to it that the statistics count.
  var facts = FlowFacts()

  var lease = RecordLease()
  var committedAtMs: Int64 = 0
  /// Whether it goes on with the way of a session that isn't ended yet, as far as is known here: then nobody has
  /// its id, and if it comes to an end so, nothing has ended.
  var isFresh = false
  /// The ref of the session that it goes on with, while it is fresh.
  var origin: String?
  /// The ref of the session that goes on with it, of one that is over for that.
  var successor: String?
  /// Until when its flow's definition is held for it, where that is longer than it was given to live; 0 else.
  var heldUntilMs: Int64 = 0
  /// How long it lives at most, from when it was made or opened again, once it was; 0 before that.
  var lifeMs: Int64 = 0

  // MARK: What happens by itself

  /// When its life or its lease ends; nil when nothing ends any more.
  private var endsAtMs: Int64? {
    switch state {
    case .open: expiresAtMs
    case .leased: lease.endsAtMs
    default: nil
    }
  }

  /// A lease that ends is only worth noticing when it was the last. One that is over is looked at once more, as
  /// what follows from that may not have been done.
  var nextLookMs: Int64? {
    switch state {
    case .open: isFresh && origin != nil ? min(expiresAtMs, unknownUntilMs) : expiresAtMs
    case .leased: lease.isUsedUp ? lease.endsAtMs : expiresAtMs
    default:
      endedAtMs > 0 && (flow != nil || state == .dead) ? endedAtMs &+ FlowFacts.lookDelayMs : nil
    }
  }

  /// Does what has happened by itself.
  private mutating func settle(_ request: SessionRequest, at now: Int64) -> RecordNotice? {
    let retention = request.retention
    learnOfOrigin(request, retention, at: now)
    if state == .leased, lease.endsAtMs <= now {
      lease.earlier = nil
      guard !lease.isUsedUp else {
        die(retention, at: now)
        return .dead
      }
      state = .open
    }
    guard state == .open, expiresAtMs <= now else { return nil }
    let isNobodys = isFresh
    if !isNobodys { note(.abandoned(step), at: now) }
    end(as: .expired, at: now)
    return isNobodys ? nil : .expired
  }

  // MARK: Deciding

  static func isReading(_ request: SessionRequest) -> Bool {
    switch request.step {
    case .read, .show, .settle: true
    default: false
    }
  }

  static func look(at name: StoreKey, _ configuration: Configuration) -> SessionRequest {
    SessionRequest(.settle, of: name, retention: PendingRetention(configuration.pending))
  }

  static func expectsNothing(_ request: SessionRequest) -> Bool {
    switch request.step {
    case .create, .succeed: true
    default: false
    }
  }

  static func lookedIntoBytes(_ request: SessionRequest) -> Int? {
    switch request.step {
    case .create(let draft): draft.data.readableBytes
    case .succeed(_, let whole, _): whole.readableBytes
    case .update(let change): change.content.byteCount
    case .complete(_, let patch, _), .goTo(_, let patch, _): patch?.readableBytes ?? 0
    case .checkout: 0
    default: nil
    }
  }

  static func decide(
    _ record: SessionRecord?, _ request: SessionRequest, at now: Int64
  ) -> Transition<SessionRecord> {
    var allowance = WorkAllowance.whole
    return decide(record, request, at: now, &allowance)
  }

  static func decide(
    _ record: SessionRecord?, _ request: SessionRequest, at now: Int64,
    _ allowance: inout WorkAllowance
  ) -> Transition<SessionRecord> {
    guard var next = record else { return begin(request, at: now, &allowance) }
    if let need = next.need(of: request, at: now) { return Transition(waitingFor: need) }
    // A lease that is over ends nothing for the one who has it, as long as nobody was told so.
    let isHeld = next.isHeld(by: request.step)
    let noticed = isHeld ? nil : next.settle(request, at: now)
    let settled = next
    let staleAtMs = [isHeld ? nil : next.endsAtMs, request.step.latestMs].compactMap(\.self).min()
    var transition: Transition<SessionRecord>
    do throws(RPCError) {
      transition = Transition(outcome: try next.perform(request, at: now, &allowance))
      transition.isPassing = transition.outcome.isPassing
    } catch {
      // Nothing of a step that is refused is written.
      next = settled
      transition = Transition(outcome: .refused(error.withRecovery))
      transition.isPassing = error.reason == .checkedOut || error == .movedSession
    }
    let hasEnded = settled.state != record?.state && settled.state != .open
    // That a lease is over, and was not the last, needs not be written: the next look sees it too.
    if hasEnded || !isReading(request) && next != settled { transition.change = next }
    transition.noticed = noticed ?? next.hasDied(since: settled)
    transition.staleAtMs = staleAtMs
    transition.isEnding = request.step.isEnding || hasEnded
    return transition
  }

  /// Whether a step is the commit of the caller who has it, or has had it last.
  private func isHeld(by step: SessionStep) -> Bool {
    guard state == .leased || state == .open, case .commit(let receipt, _) = step else {
      return false
    }
    return lease.receipt == receipt
  }

  /// Whether its attempts were found to be used up by a step, and not by the time that has passed.
  private func hasDied(since earlier: SessionRecord) -> RecordNotice? {
    state == .dead && earlier.state != .dead ? .dead : nil
  }

  /// What there is to begin with where there is nothing.
  private static func begin(
    _ request: SessionRequest, at now: Int64, _ allowance: inout WorkAllowance
  ) -> Transition<SessionRecord> {
    do throws(RPCError) {
      switch request.step {
      case .create(let draft):
        let (record, scene) = try SessionRecord.made(draft, request, at: now, &allowance)
        return Transition(change: record, outcome: .session(scene))
      case .succeed(let origin, let whole, let principal):
        let record = try SessionRecord(succeeding: origin, whole, of: principal, request, at: now)
        guard let record else { return Transition(unknown: origin.record.flow) }
        return Transition(change: record, outcome: .session(SessionScene(record)))
      default:
        throw .noSession
      }
    } catch {
      return Transition(outcome: .refused(error.withRecovery))
    }
  }

  private mutating func perform(
    _ request: SessionRequest, at now: Int64, _ allowance: inout WorkAllowance
  ) throws(RPCError) -> SessionOutcome {
    switch request.step {
    case .create:
      throw RPCError(.conflict)
    case .succeed(let origin, let whole, let principal):
      guard state == .open, isFresh else { throw RPCError(.conflict) }
      let record = try SessionRecord(succeeding: origin, whole, of: principal, request, at: now)
      guard let record else {
        guard let flow = origin.record.flow else { throw RPCError(.internal) }
        return .unknownFlow(flow)
      }
      self = record
      return .session(SessionScene(self))
    case .settle:
      // A look does all that follows: there is nothing to look for again.
      if state == .expired, endedAtMs == now { endedAtMs = 0 }
      return .settled
    default:
      break
    }
    if isDone(request.step) { return .session(SessionScene(self)) }
    guard isThere else { throw refusal(at: now) }
    var warnings: [FlowBinding.Member] = []
    if let visitor = request.visitor { warnings = try binding.check(visitor, against: metadata) }
    let before = self
    if request.step.mayProlong { heldUntilMs = max(heldUntilMs, request.heldUntilMs) }
    guard var scene = try act(request, at: now, &allowance) else {
      self = before
      guard let flow else { throw RPCError(.internal) }
      return .unknownFlow(flow)
    }
    if let flow, request.step.mayProlong, let end = needsHold(since: before, request) {
      self = before
      return .unheld(flow, untilMs: end)
    }
    scene.warnings = warnings
    return .session(scene)
  }

  /// Whether a step was taken before, and is only answered again.
  private func isDone(_ step: SessionStep) -> Bool {
    switch (state, step) {
    case (.committed, .commit(let receipt, _)): lease.receipt == receipt
    case (.rotated, .retire(_, let ref, _)): successor == ref
    default: false
    }
  }

  /// Does what is asked of a session that is there.
  ///
  /// - Returns: how it stands now; nil when its flow would be needed and isn't at hand.
  private mutating func act(
    _ request: SessionRequest, at now: Int64, _ allowance: inout WorkAllowance
  ) throws(RPCError) -> SessionScene? {
    let retention = request.retention
    switch request.step {
    case .create, .succeed, .settle:
      throw RPCError(.internal)
    case .show:
      // Nobody has got its id yet, and perhaps nobody will.
      if isFresh, request.origin == .standing { throw .noSession }
      return SessionScene(self)
    case .read(let whole):
      return try scene(request, whole: whole)
    case .touch:
      try checkOpen(at: now)
      touch(retention, at: now)
      return SessionScene(self)
    case .update(let change):
      try checkOpen(at: now)
      return try update(change, request, at: now, &allowance)
    case .complete(let step, let patch, let longest):
      try checkOpen(at: now)
      return try complete(step, patch, longest, request, at: now, &allowance)
    case .goTo(let step, let patch, let longest):
      try checkOpen(at: now)
      return try go(to: step, patch, longest, request, at: now, &allowance)
    case .delete:
      guard state != .leased else { throw refusal(at: now) }
      // Of a dead one the end is counted already.
      if state != .dead { note(.deleted, at: now) }
      bury(.deleted, retention, at: now)
      return SessionScene(self)
    case .retire(let other, let ref, let latest):
      try checkOpen(at: now)
      guard self == other, now < latest else { throw .movedSession }
      bury(.rotated, retention, at: now)
      successor = ref
      return SessionScene(self)
    case .confirm:
      confirm()
      return SessionScene(self)
    case .discard:
      if isFresh { bury(.deleted, retention, at: now) }
      return SessionScene(self)
    case .checkout(let lease):
      return try checkout(lease, request, at: now, &allowance)
    case .commit(let receipt, let result):
      return try commit(receipt, result, retention, at: now)
    case .release(let receipt, let error):
      return try release(receipt, error, retention, at: now)
    case .withdraw(let receipt):
      return try withdraw(receipt, retention, at: now)
    case .reopen:
      return try reopen(retention, at: now)
    }
  }

  /// Whether it is not over.
  private var isThere: Bool { state == .open || state == .leased || state == .dead }

  /// Checks that the session can be changed.
  func checkOpen(at now: Int64) throws(RPCError) {
    guard state == .open else { throw refusal(at: now) }
  }

  /// Why a step that needs it otherwise is not done.
  func refusal(at now: Int64) -> RPCError {
    switch state {
    case .open: .notDeadSession
    case .leased: RPCError(.checkedOut, retryAfterMs: max(lease.endsAtMs &- now, 1))
    case .dead: .deadSession
    case .expired: .expiredSession
    case .committed: .committedSession
    case .deleted: .deletedSession
    case .rotated: .rotatedSession
    }
  }
}

extension Transition<SessionRecord> {
  /// Nothing yet: something has to be read first.
  fileprivate init(waitingFor need: EventNeed<SessionRequest>) {
    self.init(outcome: .settled)
    self.need = need
  }

  /// Nothing, for want of a flow.
  fileprivate init(unknown flow: FlowMark?) {
    self.init(outcome: flow.map { .unknownFlow($0) } ?? .refused(RPCError(.internal)))
    isPassing = true
  }
}

extension SessionStep {
  /// Whether a session may last longer by it than it was given to live.
  fileprivate var mayProlong: Bool {
    switch self {
    case .checkout, .reopen: true
    default: false
    }
  }

  /// The last moment at which it may be taken, in milliseconds since 1970; nil where there is none.
  fileprivate var latestMs: Int64? {
    if case .retire(_, _, let latest) = self { latest } else { nil }
  }

  /// Whether it ends something, and leaves no more than it found but a few words.
  fileprivate var isEnding: Bool {
    switch self {
    case .delete, .retire, .confirm, .discard, .commit, .release, .withdraw, .settle: true
    case .create, .succeed, .read, .show, .touch, .update, .complete, .goTo, .checkout, .reopen:
      false
    }
  }
}
