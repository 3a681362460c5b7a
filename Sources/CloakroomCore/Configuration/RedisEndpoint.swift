/// How to reach Redis: where it is, who to be there, and how much patience to have.
public struct RedisEndpoint: Sendable, Equatable {
  /// Where a Redis listens.
  public enum Address: Sendable, Equatable {
    /// A TCP port. The host is a name, an IPv4 address, or an IPv6 address without brackets.
    case tcp(host: String, port: Int)
    /// A Unix socket.
    case unix(path: String)
  }

  /// The port that Redis listens on unless told otherwise.
  public static let defaultPort = 6379

  /// Where it listens.
  public var address: Address
  /// The ACL user to be; nil is Redis' own `default`.
  public var username: String?
  /// The user's password; nil sends no AUTH.
  public var password: Secret?
  /// The database's number.
  public var database: Int
  /// How long a connection may take until it is ready for commands.
  public var connectTimeout = Duration.seconds(1)
  /// How long a command may wait for its answer. Past it, the connection is given up, as its late
  /// answer would be taken for the next command's.
  public var commandTimeout = Duration.seconds(1)
  /// The wait before the first attempt to connect again; it doubles with each that fails.
  public var reconnectMin = Duration.milliseconds(50)
  /// The longest wait between two attempts to connect again.
  public var reconnectMax = Duration.seconds(2)
  /// What `CLIENT LIST` shows for the sidecar's connections; without spaces.
  public var clientName = "cloakroom"

  /// Names a Redis.
  public init(
    address: Address, username: String? = nil, password: Secret? = nil, database: Int = 0
  ) {
    self.address = address
    self.username = username
    self.password = password
    self.database = database
  }
}

extension RedisEndpoint: CustomStringConvertible, CustomDebugStringConvertible {
  /// The endpoint as a URL for logs, without user or password.
  public var description: String {
    switch address {
    case .tcp(let host, let port):
      let bracketed = host.contains(":") ? "[\(host)]" : host
      return "redis://\(bracketed):\(port)/\(database)"
    case .unix(let path):
      return "unix://\(path)?db=\(database)"
    }
  }

  /// The same as `description`: a debugger's log is a log too.
  public var debugDescription: String { description }
}

/// A string that is not for anybody's eyes: however it is printed, it comes out as dots.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The secret itself: for the wire, never for a log, an error or a metric.
  public let exposed: String

  /// Keeps a string from being printed.
  public init(_ exposed: String) { self.exposed = exposed }

  /// Dots, however long the secret is.
  public var description: String { "•••" }
  /// Dots, however long the secret is.
  public var debugDescription: String { description }
  /// Nothing, so that `dump` and mirrors find nothing either.
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
