public import CloakroomCore

/// How a wait ended.
public enum WaitOutcome: Sendable {
  /// The waiter was woken, or the time is over.
  case woken(WakeUp)
  /// The call was cancelled, or the bus can't be reached.
  case failed(RPCError)
}
