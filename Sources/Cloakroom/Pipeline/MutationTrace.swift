internal import CloakroomCore
internal import CloakroomStore

/// What a call has changed in the store, or may have: what its caller is told when its time is over
/// hangs on it. Steps that are taken back are not in it.
struct MutationTrace {
  /// A step without a reply.
  private struct Step {
    let ticket: StoreTicket
    /// What the link's count was when it was submitted.
    let sendings: UInt64
  }

  private var isDone = false
  private var inFlight: Step?

  /// A step is being submitted.
  mutating func submitted(_ ticket: StoreTicket, sendings: UInt64) {
    inFlight = Step(ticket: ticket, sendings: sendings)
  }

  /// The step has been answered.
  mutating func answered(_ reply: borrowing StoreReply) {
    inFlight = nil
    if reply.hasEffect { isDone = true }
  }

  /// Whether a step has no reply yet.
  var isInFlight: Bool { inFlight != nil }

  /// Something has been changed that was not a step of the store.
  mutating func changed() { isDone = true }

  /// What is true of the call when it ends now for a reason that says that nothing was done. What was
  /// not sent yet is withdrawn.
  func truth(of error: RPCError, _ store: any StoreLink) -> RPCError {
    if isDone { return .mayHaveBeenDone }
    guard let inFlight else { return error }
    return store.withdraw(inFlight.ticket, since: inFlight.sendings) ? error : .mayHaveBeenDone
  }
}

extension RPCError {
  /// A call's deadline has passed when its write had been sent, and nothing takes it back.
  static let mayHaveBeenDone = RPCError(
    .outcomeUnknown,
    "the call ended before its write was answered: it may have been done. A call with an "
      + "idempotencyKey can be repeated, and is then answered as it was done")
}
