internal import CloakroomCore
internal import NIOCore

/// What a step on a session is answered.
enum SessionOutcome: Sendable {
  /// It was done: how the session stands now.
  case session(SessionScene)
  /// What has happened by itself is done.
  case settled
  /// Nothing was done: the session's flow is needed for it, and isn't at hand.
  case unknownFlow(FlowMark)
  /// Nothing was done: the session would outlive what its flow's definition is kept for, which is to be held until
  /// then.
  case unheld(FlowMark, untilMs: Int64)
  /// It was not done.
  case refused(RPCError)

  /// Whether the same event may come to something else before long.
  var isPassing: Bool {
    switch self {
    case .unknownFlow, .unheld: true
    case .session, .settled, .refused: false
    }
  }
}

/// A session as a step has left it.
struct SessionScene: Sendable {
  let record: SessionRecord
  /// How far it has come through its flow; nil without one, and where nobody needs to know.
  var progress: FlowProgress?
  /// The data with what is sealed; nil where nobody asks for it.
  var whole: ByteBuffer?
  /// What the call comes from that the session was not made from, where that is only to be told.
  var warnings: [FlowBinding.Member] = []

  /// A session.
  init(_ record: SessionRecord, _ progress: FlowProgress? = nil, whole: ByteBuffer? = nil) {
    self.record = record
    self.progress = progress
    self.whole = whole
  }
}

/// Why there is no session for a call, each with what to do about it.
extension RPCError {
  static let noSession = RPCError(
    .notFound, "there is no such session", details: [.text("recovery", "create")])
  static let expiredSession = RPCError(
    .expired, "the session has expired", details: [.text("recovery", "restart")])
  static let committedSession = RPCError(
    .consumed, "the session was submitted", details: [.text("recovery", "restart")])
  static let deletedSession = RPCError(
    .deleted, "the session was deleted", details: [.text("recovery", "restart")])
  static let rotatedSession = RPCError(
    .deleted, "the session goes on under another id", details: [.text("recovery", "restart")])
  static let deadSession = RPCError(
    .conflict, "its attempts are used up; an operator can re-open it",
    details: [.text("state", "dead")])
  static let notDeadSession = RPCError(
    .conflict, "it is not dead: there is nothing to re-open")
  /// What is stored of a session can't be read with the flow that it is on.
  static let foreignSession = RPCError(
    .storeRefused, "what is stored of the session does not fit its flow; nothing was done",
    details: [.text("code", "NOTSESSION")])
}

extension RPCError {
  /// The same, which says what to do about data that don't fit.
  var withRecovery: RPCError {
    let isSaid = details.contains { $0.name == "recovery" }
    guard reason == .validationFailed, !isSaid else { return self }
    return RPCError(
      reason, message, retryAfterMs: retryAfterMs, details: details + [.text("recovery", "fix")],
      limit: limit)
  }
}
