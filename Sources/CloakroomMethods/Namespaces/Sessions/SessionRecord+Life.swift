internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A session's life: how it begins, is kept up, and ends.
extension SessionRecord {
  /// A new session, and how it stands.
  ///
  /// - Throws: what its data are refused for.
  static func made(
    _ draft: SessionDraft, _ request: SessionRequest, at now: Int64,
    _ allowance: inout WorkAllowance
  ) throws(RPCError) -> (SessionRecord, SessionScene) {
    let flow = draft.flow?.flow
    try flow?.bind.check(creating: draft.metadata)
    var content = SessionContent.none
    try content.replace(by: draft.data, flow, request.seal)
    var record = SessionRecord(draft, content, request.retention, at: now)
    guard let flow else { return (record, SessionScene(record)) }
    let progress = try FlowProgress(flow, data: draft.data, &allowance)
    record.way = progress.text
    record.note(.created, at: now)
    record.move(to: flow.steps[progress.lastReachable].id, at: now)
    return (record, SessionScene(record, progress))
  }

  private init(
    _ draft: SessionDraft, _ content: SessionContent, _ retention: PendingRetention, at now: Int64
  ) {
    createdAtMs = now
    flow = draft.flow?.mark
    outward = max(draft.scopeDepth &- (draft.flow?.mark.depth ?? draft.scopeDepth), 0)
    binding = draft.flow?.flow.bind ?? .none
    idleMs = draft.flow?.flow.idleTTL?.milliseconds ?? 0
    self.content = content
    enteredAtMs = now
    metadata = draft.metadata
    principal = draft.principal
    activeAtMs = now
    endAtMs = now &+ draft.life.milliseconds
    expiresAtMs = idleMs > 0 ? min(now &+ idleMs, endAtMs) : endAtMs
    keptUntilMs = retention.end(of: expiresAtMs)
    lease.mostAttempts = Int64(draft.maxAttempts)
  }

  /// Moves the idle end, never past the absolute one. No end comes nearer by it.
  mutating func touch(_ retention: PendingRetention, at now: Int64) {
    activeAtMs = max(activeAtMs, now)
    confirm()
    guard idleMs > 0 else { return }
    expiresAtMs = max(expiresAtMs, min(activeAtMs &+ idleMs, endAtMs))
    keptUntilMs = max(keptUntilMs, retention.end(of: expiresAtMs))
  }

  /// Opens it again with a whole life.
  mutating func revive(_ retention: PendingRetention, at now: Int64) {
    state = .open
    endedAtMs = 0
    if lifeMs == 0 { lifeMs = max(endAtMs &- createdAtMs, idleMs) }
    activeAtMs = now
    endAtMs = now &+ lifeMs
    expiresAtMs = idleMs > 0 ? min(now &+ idleMs, endAtMs) : endAtMs
    keptUntilMs = retention.end(of: expiresAtMs)
  }

  /// Until when its flow's definition has to be held that may be forgotten before it is over; nil where it can't
  /// be. What it was given to live with is sure, and what was held since.
  func needsHold(since before: SessionRecord, _ request: SessionRequest) -> Int64? {
    let isLast = state == .leased && lease.isUsedUp
    let end = isLast ? max(expiresAtMs, lease.endsAtMs &+ request.retention.deadMs) : expiresAtMs
    let held = max(before.endAtMs, before.heldUntilMs, heldUntilMs)
    return end > held ? end &+ Self.holdMarginMs : nil
  }

  /// By how much more than is needed a definition is held, in milliseconds: the next call is decided a little
  /// later.
  private static let holdMarginMs: Int64 = 3_600_000

  // MARK: Ends

  mutating func die(_ retention: PendingRetention, at now: Int64) {
    state = .dead
    endedAtMs = now
    note(.dead, at: now)
    keep(for: retention.deadMs, at: now)
  }

  mutating func bury(_ end: State, _ retention: PendingRetention, at now: Int64) {
    self.end(as: end, at: now)
    lease.receipt = nil
    keep(for: retention.tombstoneMs, at: now)
  }

  /// Leaves of it what says why it is over, and nothing that anybody has typed.
  mutating func end(as state: State, at now: Int64) {
    self.state = state
    endedAtMs = now
    lease.earlier = nil
    content = .none
    completed = []
    confirm()
    metadata = .none
    principal = nil
    lease.lastError = nil
  }

  /// Keeps what is left of it for a time, and at least as long as it would have lived.
  mutating func keep(for milliseconds: Int64, at now: Int64) {
    keptUntilMs = max(now &+ milliseconds, expiresAtMs &+ PendingRetention.slackMs)
  }
}
