public import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomRedis
internal import CloakroomStore
internal import CloakroomTokens
internal import Glibc
public import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// The sidecar as a process: what it is made of, in the order in which it starts.
public struct Daemon: Sendable {
  /// Has signals end nothing that can't be dealt with yet; to be called first of all.
  public static func ignoreEarlySignals() { SignalHandler.ignoreEarlySignals() }

  /// The names of all methods, for checking a policy.
  public static var methodNames: [String] { MethodTable.standard.names }

  /// The sidecar's version, as `system.hello` tells it.
  public static var version: String { StatusReporter.version }

  private let configuration: Configuration
  private let environment: [String: String]
  private let logger: Logger
  private let reload: @Sendable () throws(ConfigurationFaults) -> Configuration

  /// Describes a sidecar that is not running yet.
  ///
  /// - Parameters:
  ///   - configuration: what to be.
  ///   - environment: the process's environment, for what systemd says in it.
  ///   - logger: the operator's log.
  ///   - reload: reads the configuration anew; of it the policy is applied.
  public init(
    configuration: Configuration, environment: [String: String], logger: Logger,
    reload: @escaping @Sendable () throws(ConfigurationFaults) -> Configuration
  ) {
    self.configuration = configuration
    self.environment = environment
    self.logger = logger
    self.reload = reload
  }

  /// Serves until SIGTERM or SIGINT, then finishes what is in flight.
  ///
  /// - Throws: `KeyFolderFault` when the keys for tokens can't be used, `ConfigurationFaults` when the flows
  ///   can't be, `ListenFault` or `PrivateFolder.Fault` when the socket can't be taken,
  ///   `AccessLogFault` when the access log can't be kept.
  public func run() async throws {
    MemoryReturnService.prepare()
    let notifier = SystemdNotifier(environment: environment)
    // Before the first answer: a client may signal as soon as it has one.
    let handler = await SignalHandler(logger: logger)
    let keys = TokenKeys(configuration, logger: logger)
    let tokens = TokenService(try keys.load(), options: configuration.tokens)
    let pool = ComputePool(
      threads: configuration.runtime.loops, queueLimit: configuration.limits.waitingWork)
    pool.start()
    let flows = FlowLibrary(configuration, logger: logger)
    try flows.load()
    let keeper = try SocketKeeper(configuration.socket, environment: environment, logger: logger)
    defer { keeper.remove() }

    let labels = MetricsLabels(
      services: configuration.policy.services.map(\.name), methods: MethodTable.standard.names)
    let accessLog = try openAccessLog(labels)
    let loops = MultiThreadedEventLoopGroup(numberOfThreads: configuration.runtime.loops)
    let room = ConnectionRoom(configuration, logger: logger)
    let backend = StoreBackend(configuration, loops: loops, logger: logger)
    let account = MemoryAccount(limit: configuration.limits.clientMemory) {
      CompiledSchemas.memoryBytes
    }
    let policy = PolicySource(configuration, logger: logger, read: reload)
    let status = StatusReporter(
      configuration: configuration, backend: backend, accessLog: accessLog, policy: policy,
      keys: keys, flows: flows, keeper: keeper, room: room, pool: pool, account: account,
      logger: logger)
    let workers = try await WorkerPool(
      loops: loops, configuration: configuration, room: room,
      admission: admission(of: configuration.policy), labels: labels, accessLog: accessLog,
      status: status, backend: backend, tokens: tokens,
      flows: flows.files, pool: pool, account: account, dropLog: MemoryDropLog(logger))
    status.attach(workers)

    let services: [any Service] = [
      MetricsService(status: status, interval: configuration.metrics.interval),
      StoreWatchService(status: status),
      WatchdogService(notifier: notifier, workers: workers),
      SweepService(store: backend.memory),
      MemoryReturnService(),
      ExpiryService(
        workers: workers, sweep: RecordSweep(configuration),
        interval: min(
          configuration.pending.sweepInterval,
          configuration.session.cleanupInterval / (1 + ExpiryService.jitter))),
      ListenerService(
        keeper: keeper, loops: loops, workers: workers, room: room, configuration: configuration,
        storeKind: backend.kind, notifier: notifier, logger: logger),
    ]
    let group = ServiceGroup(
      configuration: .init(
        services: services, logger: logger))
    let signals = Task {
      await handler.listen(
        end: { await group.triggerGracefulShutdown() },
        hangUp: {
          await notifier.reload {
            accessLog?.reopen()
            keys.reload(into: tokens)
            flows.reload()
            await policy.reload { try? await workers.apply(admission(of: $0)) }
          }
        })
    }
    defer { signals.cancel() }
    try await group.run()
    try await workers.stop()
    await pool.stop()
    _ = accessLog?.close()
    status.removeMetrics()
    try await loops.shutdownGracefully()
    logger.notice("stopped")
  }

  private func openAccessLog(_ labels: MetricsLabels) throws -> AccessLogWriter? {
    guard let path = configuration.accessLog.path else { return nil }
    let options = AccessLogOptions(
      path: path, queueLimit: configuration.accessLog.queueRecords,
      hashKey: configuration.accessLog.hashKey.map { Self.bytes(ofHexadecimal: $0.exposed) },
      namespacesInClear: configuration.accessLog.keysInClear
        ? Set(Namespace.allCases.map(\.rawValue) + ["batch"]) : [])
    do throws(AccessLogError) {
      return try AccessLogWriter(options: options, labels: labels, logger: logger)
    } catch {
      throw AccessLogFault(description: "the access log: \(error)")
    }
  }

  /// The bytes that pairs of hexadecimal digits stand for.
  private static func bytes(ofHexadecimal text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(truncatingIfNeeded: digits[$0] << 4 | digits[$0 + 1])
    }
  }

  private func admission(of policy: Policy) -> Admission {
    Admission(
      policy: policy, prefix: configuration.keys.prefix, methods: MethodTable.standard.names,
      labels: configuration.policy.services.map(\.name))
  }
}
