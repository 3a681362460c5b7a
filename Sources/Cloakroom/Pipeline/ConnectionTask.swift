internal import CloakroomCore

/// Something of a connection that lasts: a call of several steps, or a subscription.
protocol ConnectionTask: AnyObject {
  /// The method that has begun it.
  var method: Int? { get }
  /// The service that it was admitted for.
  var service: String { get }
  /// Ends it: the client is gone, or wants it so.
  func end()
  /// Ends its call if that would wait for longer than the sidecar still runs.
  func drain()
  /// Ends it: the policy would not admit it any more.
  func forbid(_ error: RPCError)
}

/// A call of several steps, one of a connection's many.
protocol ConnectionCall: ConnectionTask {
  /// Where its connection has it.
  var place: Int { get set }
  /// What it is taken to cost, in bytes.
  static var heldBytes: Int { get }
  /// Whether it only waits to be woken, and has nothing to be taken back.
  var isParked: Bool { get }
  /// Whether its request has this id, in JSON.
  func isCalled(_ id: RawSpan) -> Bool
  /// Ends it, if nothing is done then; false leaves it as it is.
  func cancelForCaller() -> Bool
}

/// A subscription of a connection, with notices that may have to wait for room.
protocol NoticeSource: ConnectionTask {
  /// Whether its connection has it among those that wait for room.
  var isWaiting: Bool { get set }
  /// Writes what waits, as far as there is room.
  func flush()
}

extension RPCError {
  /// Ends calls whose caller is gone.
  static let clientGone = RPCError(.unavailable, "the client is gone")
  /// Ends calls that would wait for longer than the sidecar still runs.
  static let stopping = RPCError(.unavailable, "the sidecar is stopping", retryAfterMs: 500)
}
