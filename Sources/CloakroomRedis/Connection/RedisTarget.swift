public import NIOCore

/// Where a Redis server is, who to be there, and how long to be patient with it.
public struct RedisTarget: Sendable {
  /// A server's address.
  public enum Address: Sendable, Hashable, CustomStringConvertible {
    /// A Unix-domain socket.
    case unix(path: String)
    /// A host name or IP address, and a TCP port.
    case tcp(host: String, port: Int)

    /// The address as people write it.
    public var description: String {
      switch self {
      case .unix(let path): "unix://\(path)"
      case .tcp(let host, let port): "\(host):\(port)"
      }
    }
  }

  /// Where the server is.
  public var address: Address
  /// The ACL user; nil is Redis' own `default`.
  public var username: String?
  /// The password; nil sends no AUTH.
  public var password: String?
  /// The database to SELECT.
  public var database: Int = 0
  /// What CLIENT LIST shows the connection as.
  public var clientName: String = "cloakroom"
  /// How long connecting and greeting may take together.
  public var connectTimeout: TimeAmount = .seconds(1)
  /// How long a command may wait for its reply before its connection is discarded.
  public var commandTimeout: TimeAmount = .seconds(1)
  /// The shortest wait before a reconnect; doubled for each failure, with full jitter.
  public var shortestBackoff: TimeAmount = .milliseconds(50)
  /// The longest wait before a reconnect.
  public var longestBackoff: TimeAmount = .seconds(2)
  /// How many commands may be in flight on one link; past it they are refused.
  public var inFlightCommands: Int = 65_536
  /// How many bytes of commands may be in flight on one link; past it they are refused.
  public var inFlightBytes: Int = 64 << 20

  /// A server at an address.
  public init(address: Address) { self.address = address }
}
