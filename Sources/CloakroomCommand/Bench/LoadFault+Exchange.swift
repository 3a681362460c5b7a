import CloakroomClient
import CloakroomCore

extension Exchange.Failure {
  /// What it comes to when the sidecar can't be put under load.
  init(_ fault: LoadFault, ofSidecarAt location: SidecarLocation) {
    if case .connection(let fault) = fault {
      self.init(fault, at: location)
    } else {
      self.init(fault, of: "sidecar")
    }
  }

  /// What it comes to when Redis can't be put under load.
  init(_ fault: LoadFault, of redis: RedisEndpoint) {
    if case .connection(let fault) = fault {
      self.init(.failure(.unavailable, "no Redis answers at \(redis): \(fault)"))
    } else {
      self.init(fault, of: "redis")
    }
  }

  /// What it comes to when a measurement of a server fails.
  init(_ fault: LoadFault, of name: String) {
    let status: ExitStatus =
      switch fault {
      case .connection, .disconnected: .unavailable
      case .malformed, .unmatched: .protocol
      case .stalled: .timeout
      case .refused, .system: .failure
      }
    self.init(.failure(status, "\(name): \(fault)"))
  }
}
