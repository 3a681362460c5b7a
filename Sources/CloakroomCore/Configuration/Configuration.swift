/// Everything an operator can decide about the sidecar, read and checked.
///
/// A value of this type is valid by itself: whoever holds one has nothing left to check. Each
/// part's defaults are those that hold when nothing is configured.
public struct Configuration: Sendable, Equatable {
  /// The Unix socket that clients connect to.
  public var socket: Socket
  /// How much of everything is taken at most.
  public var limits: Limits
  /// Where values are kept.
  public var store: Store
  /// How keys are named, and how long they live when a call doesn't say.
  public var keys: Keys
  /// Tokens, and the keys that they are signed with.
  public var tokens: Tokens
  /// Which scopes a call may carry, and which it must.
  public var scopes: Scopes
  /// Calls that are repeated.
  public var idempotency: Idempotency
  /// What helps in development.
  public var dev: Development
  /// Pending operations' own defaults.
  public var pending: Pending
  /// Events and their schemas.
  public var events: Events
  /// The process itself: its threads and its end.
  public var runtime: Runtime
  /// One line for each call.
  public var accessLog: AccessLog
  /// The text file for Prometheus.
  public var metrics: Metrics
  /// The operator's log, apart from the access log.
  public var log: Log
  /// Who may call what, and how often.
  public var policy: Policy

  /// The defaults of everything, listening on a socket.
  public init(socket: Socket) {
    self.socket = socket
    self.limits = Limits()
    self.store = .memory
    self.keys = Keys()
    self.tokens = Tokens()
    self.scopes = Scopes()
    self.idempotency = Idempotency()
    self.dev = Development()
    self.pending = Pending()
    self.events = Events()
    self.runtime = Runtime()
    self.accessLog = AccessLog()
    self.metrics = Metrics()
    self.log = Log()
    self.policy = .open
  }
}

extension Configuration {
  /// Where values are kept.
  public enum Store: Sendable, Equatable {
    /// In the process: gone with it, and seen by no other sidecar. For development and tests.
    case memory
    /// In Redis 7.0 or later, or Valkey.
    case redis(RedisEndpoint)
  }
}
