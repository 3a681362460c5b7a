internal import CloakroomCore

extension Setting {
  /// Every setting there is, in the order in which people are told of them. Whatever reads, checks
  /// or describes settings uses this table.
  static let table: [Setting] =
    socket + store + keys + tokens + limits + events + pending + session + flows + runtime
    + observation

  /// The setting of a key.
  static func named(_ key: String) -> Setting? { byKey[key] }

  private static let byKey = Dictionary(
    table.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })

  private static let socket: [Setting] = [
    Setting(
      "socket.path", \.socket, .path, flag: "socket",
      "The socket's path, 107 bytes at most. Default: cloakroom.sock in $RUNTIME_DIRECTORY, "
        + "$XDG_RUNTIME_DIR or /tmp/cloakroom-UID."),
    Setting(
      "socket.mode", \.configuration.socket.mode, .mode, flag: "socket-mode",
      "Who may connect, as the socket's permission bits."),
    Setting(
      "socket.group", \.group, .group, flag: "socket-group",
      "The group that the socket is given to; otherwise the process's own."),
    Setting(
      "socket.backlog", \.configuration.socket.backlog, .count(1...65_535),
      "Connections that the kernel queues before they are accepted."),
  ]

  private static let store: [Setting] = [
    Setting(
      "store.url", \.store, .store, flag: "redis", conventional: "REDIS_URL",
      isSecret: true,
      "Where values are kept. REDIS_HOST, REDIS_PORT and REDIS_PASSWORD together do the same."),
    Setting(
      "store.passwordFile", \.passwordFile, .path, flag: "store-password-file", isSecret: true,
      "A file that holds Redis' password, so that it is in no URL; a line break at its end is not "
        + "part of it."),
    Setting(
      "store.clientName", \.redis.clientName, .clientName,
      "What Redis' CLIENT LIST shows for the sidecar's connections."),
    Setting(
      "store.connectTimeout", \.redis.connectTimeout, .duration(.milliseconds(10) ... .seconds(60)),
      "How long a connection to Redis may take until it is ready for commands."),
    Setting(
      "store.commandTimeout", \.redis.commandTimeout, .duration(.milliseconds(10) ... .seconds(60)),
      "How long Redis may take to answer, or to send more of an answer. Past it, the connection is given up "
        + "and made anew."),
    Setting(
      "store.reconnectMin", \.redis.reconnectMin, .duration(.milliseconds(1) ... .seconds(60)),
      "The first wait before connecting to Redis again; it doubles with each failure."),
    Setting(
      "store.reconnectMax", \.redis.reconnectMax, .duration(.milliseconds(1) ... .seconds(600)),
      "The longest wait before connecting to Redis again."),
  ]

  private static let keys: [Setting] = [
    Setting(
      "keys.prefix", \.configuration.keys.prefix, .keyPrefix, flag: "prefix",
      "What every key in the store begins with; a : follows it."),
    Setting(
      "keys.defaultTTL", \.configuration.keys.defaultTTL, .timeToLive,
      "How long a value lives when the call doesn't say."),
    Setting(
      "keys.allowForever", \.configuration.keys.allowForever, .boolean,
      "Whether \"ttl\": null is allowed: values that never expire."),
    Setting(
      "scopes.declared", \.configuration.scopes.declared, .names,
      "The scope keys that calls may carry; without any, all."),
    Setting(
      "scopes.required", \.configuration.scopes.required, .names,
      "The scope keys that every call must carry."),
    Setting(
      "idempotency.ttl", \.configuration.idempotency.ttl, .timeToLive,
      "How long the answer to a call with an idempotencyKey is kept."),
    Setting(
      "dev.scan", \.configuration.dev.scan, .boolean,
      "Whether dev.scan may be called, which lists keys."),
  ]

  private static let tokens: [Setting] = [
    Setting(
      "tokens.keys", \.configuration.tokens.keys, .path, flag: "keys",
      "The folder of the keys that tokens are signed with, a JWK or PEM file each; SIGHUP reads it "
        + "anew. Without it, keys are made for this run."),
    Setting(
      "tokens.credentials", \.configuration.tokens.credentials, .path,
      conventional: "CREDENTIALS_DIRECTORY",
      "systemd's folder of credentials: those named jwt.NAME.jwk or jwt.NAME.pem are keys as well."),
    Setting(
      "tokens.issuer", \.configuration.tokens.issuer, .issuer,
      "Who issues the tokens: their iss."),
    Setting(
      "tokens.leeway", \.configuration.tokens.leeway,
      .optionalDuration(.milliseconds(1) ... .seconds(600)),
      "By how much a token's nbf and iat may lie ahead: so far may clocks be apart."),
    Setting(
      "tokens.expiryLeeway", \.configuration.tokens.expiryLeeway,
      .optionalDuration(.milliseconds(1) ... .seconds(600)),
      "For how long a token is taken after it has expired."),
  ]

  private static let limits: [Setting] = [
    Setting(
      "limits.frameBytes", \.configuration.limits.frameBytes, .size(1024...(1 << 30)),
      "The longest request, batches included."),
    Setting(
      "limits.inFlightPerConnection", \.configuration.limits.inFlightPerConnection,
      .count(1...1_000_000),
      "Calls of one connection under way at once. Past it, the connection waits."),
    Setting(
      "limits.batchLength", \.configuration.limits.batchLength, .count(1...1_000_000),
      "Requests in one batch."),
    Setting(
      "limits.connections", \.configuration.limits.connections, .count(1...1_000_000),
      "Connections open at once. Past it, a new one is closed."),
    Setting(
      "limits.idleTimeout", \.configuration.limits.idleTimeout,
      .optionalDuration(.seconds(1) ... .seconds(7 * 86_400)),
      "How long a connection with nothing under way may say nothing before it is closed."),
    Setting(
      "limits.unreadReplyBytes", \.configuration.limits.unreadReplyBytes, .size(65_536...(1 << 30)),
      "Replies held for a client that doesn't read them. Past it, it is disconnected."),
    Setting(
      "limits.depth", \.configuration.limits.depth, .count(8...1024),
      "How deep JSON may be nested."),
    Setting(
      "limits.keyBytes", \.configuration.limits.keyBytes, .count(16...65_536),
      "The longest key that a call may name, in bytes."),
    Setting(
      "limits.recordBytes", \.configuration.limits.recordBytes, .size(65_536...(1 << 30)),
      "How large the data of a record may become, as those of a pending operation; about 300 bytes more are kept with them. Past it: TOO_LARGE."
    ),
    Setting(
      "limits.pendingCommands", \.configuration.limits.pendingCommands, .count(16...10_000_000),
      "Commands to the store under way at once on one event loop. Past it: OVERLOADED."),
    Setting(
      "limits.claimWaiters", \.configuration.limits.claimWaiters, .count(1...100_000),
      "Calls that wait for one claim at once, in all sidecars of the store. Past it: OVERLOADED."),
    Setting(
      "limits.subscriptions", \.configuration.limits.subscriptions, .count(1...10_000_000),
      "Subscriptions to messages, waiting calls' among them, in the whole sidecar. Past it: "
        + "OVERLOADED."),
    Setting(
      "limits.subscriptionsPerConnection", \.configuration.limits.subscriptionsPerConnection,
      .count(1...1_000_000), "Subscriptions to events of one connection. Past it: OVERLOADED."),
    Setting(
      "limits.patternBytesPerConnection", \.configuration.limits.patternBytesPerConnection,
      .size(1024...(1 << 30)),
      "The patterns of one connection's subscriptions to events, in bytes. Past it: OVERLOADED."),
    Setting(
      "limits.waitingEvents", \.configuration.limits.waitingEvents, .count(1...1_000_000),
      "Events that wait for a slow reader, for each subscription. Past it, they are dropped and "
        + "the reader is told."),
    Setting(
      "limits.waitingEventBytes", \.configuration.limits.waitingEventBytes, .size(1024...(1 << 30)),
      "The same in bytes. All subscriptions of a connection together have no more than "
        + "limits.unreadReplyBytes."),
    Setting(
      "limits.tokenBytes", \.configuration.limits.tokenBytes, .size(1024...(1 << 20)),
      "The longest token. Past it: TOO_LARGE when signing, TOKEN_INVALID when "
        + "verifying."),
    Setting(
      "limits.waitingWork", \.configuration.limits.waitingWork, .count(1...100_000),
      "Pieces of work that take long and wait for a thread at once: large values under schemas and patches, slow "
        + "signatures (RSA, ES384). Past it: OVERLOADED for the client that has most of them waiting."
    ),
    Setting(
      "limits.memoryBytes", \.configuration.limits.memoryBytes, .size((1 << 20)...(1 << 40)),
      flag: "memory", "What the memory store holds at most. Past it: STORE_REFUSED."),
    Setting(
      "limits.clientMemory", \.configuration.limits.clientMemory, .size((8 << 20)...(1 << 40)),
      "What all clients together may have the sidecar hold beside that: half of a request, calls under way, "
        + "unread replies, subscriptions, events that wait. Past it, a process that holds more than its share is "
        + "answered OVERLOADED, or its largest connection is closed."),
  ]

  private static let pending: [Setting] = [
    Setting(
      "pending.backend", \.configuration.pending.backend, .pendingBackend,
      "Where a pending operation's data are when neither call nor preset says."),
    Setting(
      "pending.expiresIn", \.configuration.pending.expiresIn, .timeToLive,
      "How long a pending operation lives when neither says."),
    Setting(
      "pending.maxAttempts", \.configuration.pending.maxAttempts,
      .count(0...Configuration.Pending.mostAttempts),
      "How often one can be checked out when neither says; 0 is any number of times."),
    Setting(
      "pending.tombstoneTTL", \.configuration.pending.tombstoneTTL, .timeToLive,
      "How long the reason is kept for which one is gone."),
    Setting(
      "pending.receiptTTL", \.configuration.pending.receiptTTL, .timeToLive,
      "How long a commit's answer is kept for repetitions."),
    Setting(
      "pending.deadTTL", \.configuration.pending.deadTTL, .timeToLive,
      "How long one is kept whose attempts are used up."),
    Setting(
      "pending.sweepInterval", \.configuration.pending.sweepInterval,
      .duration(.milliseconds(100) ... .seconds(3600)),
      "How often those are looked for, to log and count them, that have ended without a call, "
        + "give or take a quarter."),
  ]

  private static let session: [Setting] = [
    Setting(
      "session.ttl", \.configuration.session.ttl, .timeToLive, conventional: "SESSION_TTL",
      "How long a wizard's session lives whose flow and maker don't say."),
    Setting(
      "session.cleanupInterval", \.configuration.session.cleanupInterval,
      .durationInSeconds(.seconds(1) ... .seconds(86_400)),
      conventional: "SESSION_CLEANUP_INTERVAL",
      "The longest time until an end is seen that no call meets; pending.sweepInterval may be "
        + "sooner."),
    Setting(
      "session.rateLimit", \.configuration.session.rateLimit, .count(1...1_000_000),
      conventional: "SESSION_RATE_LIMIT",
      "How many sessions each service may make a minute, over all sidecars. Past it: "
        + "RATE_LIMITED."),
    Setting(
      "session.maxAttempts", \.configuration.session.maxAttempts, .count(1...1_000_000),
      conventional: "SESSION_MAX_ATTEMPTS",
      "How many sessions may be made a minute for each address. Past it: RATE_LIMITED."),
  ]

  private static let events: [Setting] = [
    Setting(
      "events.schemaTTL", \.configuration.events.schemaTTL, .timeToLive,
      "How long a channel's schema is kept after it was last defined or used.")
  ]

  private static let flows: [Setting] = [
    Setting(
      "flows.folder", \.configuration.flows.folder, .path, flag: "flows",
      "The folder of flows, a JSON file each (as flow.define takes them, with a name or else the "
        + "file's own); SIGHUP reads it anew. Without it, there are only those that calls define.")
  ]

  private static let runtime: [Setting] = [
    Setting(
      "runtime.loops", \.configuration.runtime.loops, .count(1...64), flag: "loops",
      "Event loops: threads, each with its own connection to Redis; never more than processors "
        + "by default."),
    Setting(
      "runtime.drainTimeout", \.configuration.runtime.drainTimeout,
      .duration(.milliseconds(1) ... .seconds(3600)), flag: "drain-timeout",
      "How long calls under way may take to end when the sidecar is told to stop."),
  ]

  private static let observation: [Setting] = [
    Setting(
      "accessLog.path", \.configuration.accessLog.path, .path, flag: "access-log",
      "The file with one line for each call; without it there is none."),
    Setting(
      "accessLog.keysInClear", \.configuration.accessLog.keysInClear, .boolean,
      "Whether the access log has keys as they are, and not as keyed hashes."),
    Setting(
      "accessLog.hashKey", \.hashKeyFile, .path, isSecret: true,
      "A file that nobody else may read with the 16 bytes that keys are hashed with, as 32 hexadecimal "
        + "digits (openssl rand -hex 16): with the same in several sidecars, and over restarts, a key has the "
        + "same hash. Without it, each start has its own."),
    Setting(
      "accessLog.queueRecords", \.configuration.accessLog.queueRecords, .count(1024...10_000_000),
      "Calls that wait to be written to the access log. Past it, lines are dropped and counted."),
    Setting(
      "metrics.path", \.configuration.metrics.path, .path, flag: "metrics-file",
      "The file for node_exporter's textfile collector, which reads names that end in .prom; "
        + "without it there is none."),
    Setting(
      "metrics.interval", \.configuration.metrics.interval,
      .duration(.seconds(1) ... .seconds(3600)),
      "How often the metrics file is written."),
    Setting(
      "metrics.labels", \.configuration.metrics.labels, .labels,
      "Labels that every metric has: with another value in each, several sidecars can have their files in one "
        + "folder."),
    Setting(
      "log.level", \.configuration.log.level, .logLevel, flag: "log-level",
      "The least severe messages of the operator's log."),
  ]
}
