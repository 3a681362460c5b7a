internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomRedis
internal import CloakroomStore
internal import Logging
internal import NIOCore
internal import Synchronization

/// What all event loops together can tell about themselves.
protocol LoopsStatus: AnyObject, Sendable {
  /// What all loops have counted.
  func snapshot() async throws -> MetricsSnapshot
  /// Why the store can't be reached, from any loop; nil when it can from all.
  func storeDownReason() async throws -> String?
  /// Asks the store how it is.
  func pingStore() async throws
}

/// Tells how the sidecar as a whole is: metrics and health, over all loops.
final class StatusReporter: Sendable {
  /// The sidecar's version.
  static let version = "0.1.0"

  /// "memory" or "redis".
  let storeKind: String
  /// The answer of `rpc.discover`.
  let discovery: ByteBuffer

  private let configuration: Configuration
  private let backend: StoreBackend
  private let accessLog: AccessLogWriter?
  private let policy: PolicySource
  private let keys: TokenKeys
  private let flows: FlowLibrary
  private let keeper: SocketKeeper
  private let room: ConnectionRoom
  private let pool: ComputePool
  private let account: MemoryAccount
  private let logger: Logger
  private let startedAt = Timestamp.now
  private let started = ContinuousClock.now
  private let state: Mutex<State>

  private struct State {
    var loops: (any LoopsStatus)?
    /// What the loops have counted. A copy takes hundreds of kilobytes, so that all who ask share one.
    var counts: SingleFlight<MetricsSnapshot?>?
    /// The answer of `system.metrics`, in JSON.
    var metrics: SingleFlight<ByteBuffer>?
    var file: MetricsFile?
    var recent: RecentCounts
    /// How many writes the store in memory had refused when it was looked at last.
    var memoryRefusals: UInt64 = 0
  }

  init(
    configuration: Configuration, backend: StoreBackend, accessLog: AccessLogWriter?,
    policy: PolicySource, keys: TokenKeys, flows: FlowLibrary, keeper: SocketKeeper,
    room: ConnectionRoom, pool: ComputePool, account: MemoryAccount, logger: Logger
  ) {
    self.pool = pool
    self.configuration = configuration
    self.backend = backend
    self.accessLog = accessLog
    self.policy = policy
    self.keys = keys
    self.flows = flows
    self.keeper = keeper
    self.room = room
    self.account = account
    self.logger = logger
    storeKind = backend.kind
    discovery = OpenRPCDocument.text(table: .standard, version: Self.version)
    state = Mutex(
      State(
        file: configuration.metrics.path.map { MetricsFile(path: $0, logger: logger) },
        recent: RecentCounts(since: started)))
  }

  /// Lets the reporter ask the loops; once, right after they are made.
  func attach(_ loops: any LoopsStatus) {
    state.withLock { state in
      state.loops = loops
      state.counts = SingleFlight { try? await loops.snapshot() }
      state.metrics = SingleFlight { [weak self] in
        var answer = ByteBuffer()
        answer.writeJSONString(String(decoding: await self?.metricsText() ?? [], as: UTF8.self))
        return answer
      }
    }
  }

  /// Tells the operator by what name a client goes.
  func greet(_ client: String, peer: Peer) {
    logger.debug(
      "a client says its name",
      metadata: [
        "client": "\(client)", "uid": "\(peer.uid)", "pid": "\(peer.pid)",
      ])
  }

  // MARK: Metrics

  /// The metrics in Prometheus' text format, as a string of JSON.
  func metrics() async -> ByteBuffer {
    await state.withLock { $0.metrics }?.value() ?? ByteBuffer(string: "\"\"")
  }

  private func counts() async -> MetricsSnapshot? {
    await state.withLock { $0.counts }?.value() ?? nil
  }

  private func metricsText() async -> [UInt8] {
    guard let loops = state.withLock({ $0.loops }), var snapshot = await counts() else { return [] }
    let isUp = (try? await loops.storeDownReason()) == .some(nil)
    let stats = backend.memory?.stats
    for (cause, count) in zip(LossCause.allCases, backend.redisBus?.losses ?? []) {
      snapshot.count(cause.reconnectReason, times: count)
    }
    snapshot.count(MemoryKind.schemas, times: UInt64(clamping: CompiledSchemas.memoryBytes))
    if let stats { snapshot.count(Limit.memory, times: stats.refused) }
    lookAtMemory(stats)
    for (refusal, count) in zip(StoreRefusal.allCases, backend.refusals.counts) {
      snapshot.count(refusal, times: count)
    }
    let counts = accessLog?.counts
    let work = pool.gauges
    let totals = self.totals(snapshot, counts)
    let fileFailures = state.withLock { state in
      state.recent.add(totals, at: .now)
      return state.file?.failures ?? 0
    }
    return MetricsText(
      snapshot: snapshot, process: .read(),
      store: StoreGauges(
        isUp: isUp, memoryBytes: stats?.bytes, memoryEntries: stats?.entries,
        evictions: backend.condition?.evictions),
      accessLog: counts, policy: policy.gauges, keys: keys.gauges, flows: flows.gauges,
      work: WorkGauges(waiting: work.waiting, done: work.done),
      clientMemoryLimit: account.limit, fileFailures: fileFailures,
      constantLabels: configuration.metrics.labels
    ).render()
  }

  private func totals(
    _ snapshot: MetricsSnapshot, _ accessLog: AccessLogCounts?
  ) -> RecentCounts.Totals {
    RecentCounts.Totals(
      calls: snapshot.calls, failures: snapshot.failures,
      lostLines: accessLog.map { $0.droppedByQueue &+ $0.droppedByWrite } ?? 0)
  }

  /// Writes the metrics file, where one is configured.
  func writeMetrics() async {
    let text = await metricsText()
    guard !text.isEmpty else { return }
    // Written with the lock held: it is this task alone that writes, and a reader of the state waits
    // no longer than for a file of some kilobytes.
    state.withLock { _ = $0.file?.write(text) }
  }

  /// Takes the metrics file away, where one is configured.
  func removeMetrics() { state.withLock { $0.file?.remove() } }

  // MARK: The store

  /// Looks after the store now and then, so that what begins and ends is seen without a call.
  func watchStore() async {
    if let memory = backend.memory {
      guard memory.hasRefused || backend.refusals.isAnythingRefused else { return }
      lookAtMemory(memory.stats)
    } else {
      try? await state.withLock { $0.loops }?.pingStore()
      backend.refusals.forgetOld()
    }
  }

  /// Whether anything is refused that may be over before long.
  var isAnythingRefused: Bool { backend.refusals.isAnythingRefused }

  private func lookAtMemory(_ stats: MemoryStoreStats?) {
    guard let stats else { return }
    let refused = state.withLock { state in
      let before = state.memoryRefusals
      state.memoryRefusals = max(before, stats.refused)
      return state.memoryRefusals - before
    }
    if refused > 0 {
      backend.refusals.note(.full, sentence: nil, times: refused)
    } else if !isNearlyFull(stats) {
      backend.refusals.hasRoom()
    }
    backend.refusals.forgetOld()
  }

  private func isNearlyFull(_ stats: MemoryStoreStats) -> Bool {
    stats.bytes > configuration.limits.memoryBytes / 10 * 9
  }

  // MARK: Health

  /// How the sidecar is.
  ///
  /// - Parameters:
  ///   - roundTrip: how long the store took to answer a ping, in nanoseconds.
  ///   - failure: why it did not answer.
  func health(roundTrip: UInt64, failure: RPCError?) async -> HealthReport {
    let loops = state.withLock { $0.loops }
    let snapshot = await counts()
    let log = accessLog?.counts
    let totals = snapshot.map { self.totals($0, log) }
    let (recent, isFileFailing) = state.withLock { state in
      if let totals { state.recent.add(totals, at: .now) }
      return (state.recent, state.file?.isFailing == true)
    }
    let stats = backend.memory?.stats
    lookAtMemory(stats)
    let isNearlyFull = stats.map(isNearlyFull) ?? false
    let refusals = backend.refusals.problems
    let storeReason: String? =
      if let failure { failure.message } else { try? await loops?.storeDownReason() }
    var problems: [(String, reason: String?)] = [("store", storeReason)]
    problems += refusals.map { ("store", $0) }
    problems += [
      ("store", backend.condition?.problem),
      ("bus", backend.redisBus?.downReason),
      (
        "accessLog",
        recent.lostLines > 0 ? "\(recent.lostLines) lines were lost in the last minute" : nil
      ),
      (
        "accessLog",
        log?.keepsOldFile == true
          ? "it could not be opened again, lines still go to its old file" : nil
      ),
      ("metricsFile", isFileFailing ? "it can't be written, the log says why" : nil),
      (
        "memory",
        isNearlyFull && refusals.isEmpty ? "the store in memory is nearly full" : nil
      ),
      ("memory", account.problem),
      ("policy", policy.problem),
      ("keys", keys.problem),
      ("flows", flows.problem),
      ("socket", keeper.problem),
      ("descriptors", room.problem),
    ]
    let degraded = problems.compactMap { what, reason in
      reason.map { HealthReport.Problem(what: what, reason: $0) }
    }
    var remarks = (backend.condition?.remarks ?? []).map {
      HealthReport.Problem(what: "store", reason: $0)
    }
    let others = [
      ("keys", keys.remark), ("descriptors", room.remark), ("configuration", policy.remark),
    ]
    for (what, reason) in others {
      if let reason { remarks.append(HealthReport.Problem(what: what, reason: reason)) }
    }
    return HealthReport(
      degraded: degraded, remarks: remarks, storeKind: storeKind, isStoreUp: failure == nil,
      roundTripMs: failure == nil ? Double(roundTrip) / 1e6 : nil,
      residentBytes: ProcessFacts.read().residentBytes,
      clientBytes: account.bytes + CompiledSchemas.memoryBytes, clientLimit: account.limit,
      largestHolder: account.largestHolder, storeBytes: stats?.bytes,
      storeLimit: backend.memory == nil ? nil : configuration.limits.memoryBytes,
      uptimeMs: (ContinuousClock.now - started) / .milliseconds(1), startedAt: startedAt,
      errorRate: recent.errorRate,
      errorRateOverMs: recent.span / .milliseconds(1), connections: snapshot?.connections ?? 0,
      inFlight: snapshot?.inFlight ?? 0, version: Self.version)
  }
}
