internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The session that another goes on with.
struct SessionOrigin: Sendable {
  let ref: String
  /// How it stood when the other was made.
  let record: SessionRecord
}

/// A session that goes on with another's way, until it is known what has become of that one.
///
/// Two records change one after the other, and a sidecar may die in between. So one that was made in another's
/// place says in whose, and is looked at when the other can't be ended in its favour any more: then it is either
/// somebody's, or was never anybody's and ends in silence.
extension SessionRecord {
  /// For how long after it was made its origin may be ended in its favour, in milliseconds.
  static let retireMs: Int64 = 60_000
  /// For how long after that nobody can be sure what it is.
  private static let lookDelayMs: Int64 = 60_000

  /// When it is known to be somebody's or nobody's.
  var unknownUntilMs: Int64 { activeAtMs &+ Self.retireMs &+ Self.lookDelayMs }

  /// A session that goes on with another's way, under a name of its own; nil when the flow would be needed and
  /// isn't at hand.
  ///
  /// - Parameter whole: the other's data, with what is sealed: it is sealed anew.
  init?(
    succeeding origin: SessionOrigin, _ whole: ByteBuffer, of principal: String?,
    _ request: SessionRequest, at now: Int64
  ) throws(RPCError) {
    self = origin.record
    if content.sealed != nil {
      guard let mark = flow, let flow = request.flows(mark) else { return nil }
      content = .none
      try content.replace(by: whole, flow, request.seal)
    }
    facts = facts.restarted()
    if let principal { self.principal = principal }
    touch(request.retention, at: now)
    isFresh = true
    self.origin = origin.ref
  }

  /// It is somebody's.
  mutating func confirm() {
    isFresh = false
    origin = nil
  }

  /// What has to be read before something can be done with it: what has become of the session in whose place it
  /// was made. Who has its id knows.
  func need(of request: SessionRequest, at now: Int64) -> EventNeed<SessionRequest>? {
    guard state == .open, isFresh, let origin, request.origin == nil, request.visitor == nil,
      let name = request.name, let ref = name.lastPart,
      let place = name.replacingLastPart(by: origin)
    else { return nil }
    switch request.step {
    case .show: break
    case .settle, .delete: guard now >= min(unknownUntilMs, expiresAtMs) else { return nil }
    default: return nil
    }
    return EventNeed(command: .read(place)) { reply throws(RPCError) in
      guard case .record(let bytes, _) = reply else { throw reply.unexpected }
      var learned = request
      learned.origin = try Origin(bytes, of: ref)
      return learned
    }
  }

  /// What has become of the session in whose place another was made.
  enum Origin: Sendable {
    /// It was ended in its favour, or so long ago that nothing is left of it.
    case over
    /// It was not.
    case standing

    fileprivate init(_ bytes: ByteBuffer?, of ref: String) throws(RPCError) {
      let record = try bytes.map { bytes throws(RPCError) in try SessionRecord(reading: bytes) }
      self = record.map { $0.state == .rotated && $0.successor == ref } ?? true ? .over : .standing
    }
  }

  /// Takes note of what is known of its origin.
  mutating func learnOfOrigin(
    _ request: SessionRequest, _ retention: PendingRetention, at now: Int64
  ) {
    guard state == .open, isFresh else { return }
    switch request.origin {
    case .over: confirm()
    case .standing:
      guard now >= min(unknownUntilMs, expiresAtMs) else { return }
      bury(.deleted, retention, at: now)
    case nil:
      if request.visitor != nil { confirm() }
    }
  }
}
