/// Everything an operator can decide about the sidecar, read and checked.
///
/// A value of this type is valid by itself: there is nothing left to check. Each
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
  /// Wizard sessions' own defaults and limits.
  public var session: Session
  /// Rate limits with names.
  public var ratelimit: RateLimits
  /// Events and their schemas.
  public var events: Events
  /// Flows that files define.
  public var flows: Flows
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
    self.session = Session()
    self.ratelimit = RateLimits()
    self.events = Events()
    self.flows = Flows()
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

    /// How long it may take to answer a command.
    package var commandTimeout: Duration {
      switch self {
      case .memory: .seconds(1)
      case .redis(let endpoint): endpoint.commandTimeout
      }
    }
  }
}

extension Configuration {
  /// How keys are named, and how long they live when a call doesn't say.
  public struct Keys: Sendable, Equatable {
    /// What every key in the store begins with; a `:` follows it. It may hold `:` itself.
    public var prefix = "cloakroom"
    /// How long a value of `kv`, `batch`, `counter` or `streams` lives when the call has no `ttl`:
    /// 24 hours.
    public var defaultTTL = TimeToLive.day
    /// Whether `"ttl": null` is allowed, which keeps a value until it is removed.
    public var allowForever = false

    /// The defaults.
    public init() {}
  }
}

extension Configuration {
  /// Which scopes a call may carry, and which it must.
  public struct Scopes: Sendable, Equatable {
    /// The scope keys that exist; empty means that any will do. A call with another one is
    /// refused SCOPE_INVALID.
    public var declared: [String] = []
    /// The scope keys that every call must carry, each of them declared. A call without one is
    /// refused SCOPE_REQUIRED.
    public var required: [String] = []

    /// Any scope, and none required.
    public init() {}
  }
}

extension Configuration {
  /// Calls that carry an idempotency key, to do nothing twice when they are repeated.
  public struct Idempotency: Sendable, Equatable {
    /// How long the answer to such a call is kept: 24 hours.
    public var ttl = TimeToLive.day

    /// The defaults.
    public init() {}
  }
}

extension Configuration {
  /// What helps in development and is not for production.
  public struct Development: Sendable, Equatable {
    /// Whether `dev.scan` may be called, which lists the caller's keys.
    public var scan = false

    /// The defaults.
    public init() {}
  }
}

extension Configuration {
  /// Tokens, and the keys that they are signed with.
  public struct Tokens: Sendable, Equatable {
    /// The folder of keys, a JWK or PEM file each; without it, and without credentials, there are keys
    /// for this run only.
    public var keys: String?
    /// systemd's folder of credentials, `$CREDENTIALS_DIRECTORY`; those named `jwt.…` are keys too.
    public var credentials: String?
    /// Who issues the tokens, `iss`; nil leaves it out.
    public var issuer: String?
    /// By how much `nbf` and `iat` may lie ahead: so far may the clocks of signers be apart.
    public var leeway: Duration? = Duration.seconds(5)
    /// For how long a token is taken after it has expired.
    public var expiryLeeway: Duration?

    /// No keys.
    public init() {}
  }
}

extension Configuration {
  /// Events and their schemas.
  public struct Events: Sendable, Equatable {
    /// How long a channel's schema is kept after it was last defined or used.
    public var schemaTTL = TimeToLive.thirtyDays

    /// The defaults.
    public init() {}
  }
}

extension Configuration {
  /// The process itself: its threads and its end.
  public struct Runtime: Sendable, Equatable {
    /// Event loops, each a thread with its own connection to Redis. One does some hundred thousand
    /// calls a second, so two leave the processors to the applications that the sidecar is for.
    public var loops = 2
    /// How long calls that are under way may take to end when the sidecar is told to stop.
    public var drainTimeout = Duration.seconds(10)

    /// The defaults.
    public init() {}
  }
}
