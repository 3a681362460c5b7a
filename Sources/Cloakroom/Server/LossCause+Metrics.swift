internal import CloakroomObservability
internal import CloakroomRedis

extension LossCause {
  /// The metrics' word for it.
  var reconnectReason: ReconnectReason {
    switch self {
    case .closed: .closed
    case .connectFailed: .connectFailed
    case .greetingRefused: .handshakeFailed
    case .commandTimeout: .commandTimeout
    case .protocolError: .protocolError
    case .readOnly: .readOnly
    }
  }
}
