public import CloakroomCore

/// How a wait ended.
public enum WaitOutcome: Sendable {
  /// As it was meant to.
  case rung(Ring)
  /// The call was cancelled, or the bus can't be reached.
  case failed(RPCError)
}
