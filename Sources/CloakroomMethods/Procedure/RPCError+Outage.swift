internal import CloakroomCore

extension RPCError {
  /// Whether the store may answer again before long.
  var isOutage: Bool {
    switch reason {
    case .unavailable, .outcomeUnknown: true
    default: false
    }
  }
}
