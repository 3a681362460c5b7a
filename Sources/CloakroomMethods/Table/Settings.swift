public import CloakroomCore

/// What the configuration says that methods need to know.
public struct Settings: Sendable {
  /// The life of a value whose caller gives none.
  public var defaultTTL: TimeToLive
  /// Whether values may live for ever.
  public var allowForever: Bool
  /// How long a key is at most, in bytes.
  public var keyBytes: Int
  /// How many keys or entries one `batch.*` call has at most.
  public var batchLength: Int
  /// How long the answer to a call with an idempotency key is kept.
  public var idempotencyTTL: TimeToLive
  /// Whether keys may be listed.
  public var allowScan: Bool
  /// With how many bytes of a stream's messages a reply is full: with one more message it is still no
  /// longer than a reply may be.
  public var streamBytes: Int
  /// How many bytes the values of a reply may have together.
  public var replyBytes: Int
  /// How long a channel's schema is kept after it was last defined or used.
  public var schemaTTL: TimeToLive
  /// The schemas that events have been held against lately.
  let schemas = SchemaCache()
  /// The flows that sessions have gone through lately.
  let flows = FlowCache()
  /// The flows that files of the configuration define.
  let flowFiles: FlowFiles
  /// How large a record may be, in bytes.
  let recordBytes: Int
  /// How many calls may wait for one claim.
  public var claimWaiters: Int
  /// What makers of pending operations don't say, and the kinds of them that there are.
  public var pending: Configuration.Pending
  /// How long the store keeps pending operations that are over.
  var pendingRetention: PendingRetention
  /// Rate limits by the names that calls may give in place of their numbers.
  var ratePolicies: [ByteString: RateLimit]
  /// The limits that were found to be far exceeded lately.
  let rateRefusals = RateRefusals()
  /// How long a session lives whose flow and maker don't say.
  public var sessionTTL: TimeToLive
  /// How many sessions each service may make.
  var sessionServiceLimit: RateLimit
  /// How many sessions may be made for each address.
  var sessionAddressLimit: RateLimit
  /// How long a request is at most, and so data that are changed, in bytes.
  public var frameBytes: Int
  /// Which scopes there may, and must, be.
  public var scopes: ScopeRules

  /// What makes and verifies tokens.
  public var tokens: TokenService

  /// Takes from a configuration what methods need.
  public init(
    _ configuration: Configuration, tokens: TokenService, flowFiles: FlowFiles = FlowFiles()
  ) {
    self.tokens = tokens
    self.flowFiles = flowFiles
    recordBytes = configuration.limits.recordBytes
    defaultTTL = configuration.keys.defaultTTL
    allowForever = configuration.keys.allowForever
    keyBytes = configuration.limits.keyBytes
    batchLength = configuration.limits.batchLength
    idempotencyTTL = configuration.idempotency.ttl
    allowScan = configuration.dev.scan
    streamBytes = configuration.limits.unreadReplyBytes / 2
    replyBytes = configuration.limits.unreadReplyBytes
    schemaTTL = configuration.events.schemaTTL
    claimWaiters = configuration.limits.claimWaiters
    pending = configuration.pending
    pendingRetention = PendingRetention(configuration.pending)
    ratePolicies = configuration.ratelimit.policies
    sessionTTL = configuration.session.ttl
    sessionServiceLimit = .aMinute(configuration.session.rateLimit)
    sessionAddressLimit = .aMinute(configuration.session.maxAttempts)
    frameBytes = configuration.limits.frameBytes
    scopes = ScopeRules(
      declared: configuration.scopes.declared, required: configuration.scopes.required)
  }
}

extension PendingRetention {
  /// What the configuration says.
  init(_ configuration: Configuration.Pending) {
    self.init(
      tombstoneMs: configuration.tombstoneTTL.milliseconds,
      receiptMs: configuration.receiptTTL.milliseconds,
      deadMs: configuration.deadTTL.milliseconds)
  }
}

/// Which scopes the configuration declares, and which it requires.
public struct ScopeRules: Sendable {
  private let declared: Set<ByteString>
  private let required: [ByteString]
  /// Whether any scope, and none, will do.
  let allowAll: Bool

  /// - Parameters:
  ///   - declared: the keys that may be used; empty allows all.
  ///   - required: the keys that each call must have.
  public init(declared: [String], required: [String]) {
    self.declared = Set(declared.map { ByteString($0) })
    self.required = required.map { ByteString($0) }
    allowAll = declared.isEmpty && required.isEmpty
  }

  /// Holds a scope against the rules.
  ///
  /// - Throws: SCOPE_INVALID or SCOPE_REQUIRED.
  func check(_ scope: [ScopeStep]) throws(RPCError) {
    if !declared.isEmpty, !scope.allSatisfy({ declared.contains(ByteString($0.key)) }) {
      throw RPCError(.scopeInvalid)
    }
    if let missing = required.first(where: { key in !scope.contains { ByteString($0.key) == key } })
    {
      throw RPCError(
        .scopeRequired, "the configuration requires the scope \(missing.text)",
        details: [.text("scope", missing.text)])
    }
  }
}
