/// Why a connection to the store was given up and made anew.
public enum ReconnectReason: Int, CaseIterable, Sendable {
  /// The store closed it, or the network did.
  case closed
  /// It couldn't be made: refused, unreachable, or too slow.
  case connectFailed
  /// The store refused the greeting: user, password or database.
  case handshakeFailed
  /// A command was not answered in time, so the next reply would have been for the wrong command.
  case commandTimeout
  /// What came over it was not the store's protocol.
  case protocolError
  /// It takes no writes any more, as it has become a replica.
  case readOnly

  /// The name that metrics are labelled with.
  public var name: String {
    switch self {
    case .closed: "closed"
    case .connectFailed: "connect_failed"
    case .handshakeFailed: "handshake_failed"
    case .commandTimeout: "command_timeout"
    case .protocolError: "protocol_error"
    case .readOnly: "read_only"
    }
  }
}
