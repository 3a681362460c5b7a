internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The hand-over of a session to the application's own database.
extension SessionRecord {
  /// Leases it to one caller, with its whole data.
  ///
  /// - Throws: INVALID_STEP with what is missing, VALIDATION_FAILED with what doesn't fit, CHECKED_OUT.
  mutating func checkout(
    _ wanted: PendingLease, _ request: SessionRequest, at now: Int64,
    _ allowance: inout WorkAllowance
  ) throws(RPCError) -> SessionScene? {
    if state == .leased, lease.receipt == wanted.receipt {
      return try scene(request, whole: true)
    }
    try checkOpen(at: now)
    guard var scene = try scene(request, whole: true) else { return nil }
    if let progress = scene.progress, let whole = scene.whole {
      try progress.checkSubmission(of: whole, &allowance)
    }
    state = .leased
    confirm()
    lease.take(wanted.receipt, for: wanted.life, at: now, extending: &expiresAtMs)
    keptUntilMs = max(keptUntilMs, request.retention.end(of: expiresAtMs))
    if lease.isUsedUp {
      keptUntilMs = max(keptUntilMs, lease.endsAtMs &+ request.retention.deadMs)
    }
    scene = SessionScene(self, scene.progress, whole: scene.whole)
    return scene
  }

  /// Ends it for the caller that has it. A lease that is over is no reason to refuse while nobody else has had
  /// the session, and nothing was changed: what the caller has saved in the meantime is saved.
  mutating func commit(
    _ receipt: String, _ result: ByteBuffer, _ retention: PendingRetention, at now: Int64
  ) throws(RPCError) -> SessionScene {
    guard lease.receipt == receipt else { throw RPCError(.leaseLost) }
    // It was counted as one that would not be.
    if state == .dead { note(.reopened, at: now) }
    note(.completed, at: now)
    end(as: .committed, at: now)
    content = SessionContent(visible: result)
    committedAtMs = now
    keep(for: retention.receiptMs, at: now)
    return SessionScene(self)
  }

  mutating func release(
    _ receipt: String, _ error: ByteBuffer?, _ retention: PendingRetention, at now: Int64
  ) throws(RPCError) -> SessionScene {
    guard state != .dead else { throw refusal(at: now) }
    guard lease.receipt == receipt else { throw RPCError(.leaseLost) }
    lease.release(saying: error)
    state = .open
    if lease.isUsedUp { die(retention, at: now) }
    return SessionScene(self)
  }

  mutating func withdraw(
    _ receipt: String, _ retention: PendingRetention, at now: Int64
  ) throws(RPCError) -> SessionScene {
    guard state == .leased, lease.receipt == receipt else { throw refusal(at: now) }
    lease.withdraw(restoring: &expiresAtMs)
    state = .open
    keptUntilMs = retention.end(of: expiresAtMs)
    return SessionScene(self)
  }

  mutating func reopen(
    _ retention: PendingRetention, at now: Int64
  ) throws(RPCError) -> SessionScene {
    guard state == .dead else { throw .notDeadSession }
    lease.renew()
    note(.reopened, at: now)
    revive(retention, at: now)
    return SessionScene(self)
  }
}
