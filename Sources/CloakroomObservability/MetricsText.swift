public import CloakroomCore

/// Everything that is counted, as text in Prometheus' exposition format, version 0.0.4.
///
/// The process' own facts carry the sidecar's prefix as well: under their usual names they would
/// collide with those of the collector that reads the file.
public struct MetricsText: Sendable {
  /// The loops' counts, added up.
  public var snapshot: MetricsSnapshot
  /// What the system says of the process.
  public var process: ProcessFacts
  /// What is known of the store.
  public var store: StoreGauges
  /// How many of the access log's lines were written or dropped; nil when none is kept.
  public var accessLog: AccessLogCounts?
  /// What is known of the policy; nil leaves it out.
  public var policy: ReloadGauges?
  /// What is known of the keys for tokens; nil leaves them out.
  public var keys: KeyGauges?
  /// What is known of the flows that files define; nil where there are none.
  public var flows: ReloadGauges?
  /// How busy the threads for long work are; nil leaves them out.
  public var work: WorkGauges?
  /// How much memory clients may have the sidecar hold; nil leaves it out.
  public var clientMemoryLimit: Int?
  /// How often the file of metrics couldn't be written.
  public var fileFailures: UInt64
  /// What every sample is labelled with beside its own labels.
  public var constantLabels: [Configuration.Metrics.Label]

  /// The names of all labels that metrics have of their own.
  public static let labelNames = Set(
    [
      "service", "method", "reason", "le", "state", "algorithm", "fate", "flow", "step", "keyword",
      "status",
    ] + LoopCounter.allCases.compactMap(\.metric.label))

  /// Gathers what is to be written.
  public init(
    snapshot: MetricsSnapshot, process: ProcessFacts, store: StoreGauges,
    accessLog: AccessLogCounts? = nil, policy: ReloadGauges? = nil, keys: KeyGauges? = nil,
    flows: ReloadGauges? = nil, work: WorkGauges? = nil, clientMemoryLimit: Int? = nil,
    fileFailures: UInt64 = 0,
    constantLabels: [Configuration.Metrics.Label] = []
  ) {
    self.constantLabels = constantLabels
    self.snapshot = snapshot
    self.process = process
    self.store = store
    self.accessLog = accessLog
    self.policy = policy
    self.keys = keys
    self.flows = flows
    self.work = work
    self.clientMemoryLimit = clientMemoryLimit
    self.fileFailures = fileFailures
  }

  /// The text, in UTF-8 and ended by a line feed.
  public func render() -> [UInt8] {
    var page = MetricsPage(constantLabels: constantLabels.map { ($0.name, $0.value) })
    writeCalls(to: &page)
    page.single("connections", .gauge, "Clients' connections that are open.", snapshot.connections)
    writeCounters(.connections, to: &page)
    if let clientMemoryLimit {
      page.single(
        "client_memory_limit_bytes", .gauge,
        "Memory that clients may have the sidecar hold (limits.clientMemory).", clientMemoryLimit)
    }
    writeCounters(.pending, to: &page)
    writeCounters(.caches, to: &page)
    writeCounters(.rates, to: &page)
    writeCounters(.sessions, to: &page)
    snapshot.counters.flows.write(to: &page)
    writeCounters(.idempotency, to: &page)
    writeStore(to: &page)
    writeCounters(.events, to: &page)
    writePolicy(to: &page)
    writeKeys(to: &page)
    writeFlows(to: &page)
    writeWork(to: &page)
    writeLosses(to: &page)
    writeProcess(to: &page)
    return page.text
  }

  private func writeCalls(to page: inout MetricsPage) {
    let counters = snapshot.counters
    let labels = snapshot.labels
    page.begin("calls_total", .counter, "Calls that ended, by outcome; a reason of ok is success.")
    for service in 0..<counters.serviceSlots {
      for method in 0..<counters.methodSlots {
        for outcome in 0..<counters.outcomes {
          let index = counters.callIndex(service: service, method: method, outcome: outcome)
          let count = counters.calls[index]
          guard count > 0 else { continue }
          page.sample(
            "calls_total",
            [
              ("service", labels.service(service)), ("method", labels.method(method)),
              ("reason", outcome == 0 ? "ok" : Reason.allCases[outcome - 1].name),
            ], count)
        }
      }
    }
    page.begin(
      "call_duration_seconds", .histogram,
      "Time from a request's first byte to its reply being ready.")
    for method in 0..<counters.methodSlots {
      page.histogram(
        "call_duration_seconds", label: ("method", labels.method(method)),
        buckets: counters.durations.buckets(row: method),
        nanoseconds: counters.durations.sum(row: method), skipsEmpty: true)
    }
    writeCounters(.calls, to: &page)
  }

  /// Writes what the loops count of one part of the text.
  private func writeCounters(_ section: LoopCounter.Section, to page: inout MetricsPage) {
    for counter in LoopCounter.allCases {
      let metric = counter.metric
      guard metric.section == section else { continue }
      page.begin(metric.name, metric.kind, metric.help)
      for (index, value) in metric.values.enumerated() {
        let labels = metric.label.map { [($0, value)] } ?? []
        // A gauge's value wraps when it is below zero.
        let count = Int64(truncatingIfNeeded: snapshot.counters[counter, index])
        if metric.isMilliseconds {
          page.sample(metric.name, labels, Double(count) / 1000)
        } else {
          page.sample(metric.name, labels, count)
        }
      }
    }
  }

  private func writeStore(to page: inout MetricsPage) {
    let counters = snapshot.counters
    page.single("store_up", .gauge, "Whether the store can be reached.", store.isUp ? 1 : 0)
    page.begin(
      "store_round_trip_seconds", .histogram,
      "Time that a call waited for the store, its round trips together.")
    page.histogram(
      "store_round_trip_seconds", label: nil,
      buckets: counters.durations.buckets(row: counters.storeRow),
      nanoseconds: counters.durations.sum(row: counters.storeRow), skipsEmpty: false)
    writeCounters(.store, to: &page)
    if let evictions = store.evictions {
      page.single(
        "store_evicted_keys_total", .counter,
        "Keys that Redis has removed to make room, while this sidecar was connected.", evictions)
    }
    if let bytes = store.memoryBytes {
      page.single("store_memory_bytes", .gauge, "Bytes that the store in memory holds.", bytes)
    }
    if let entries = store.memoryEntries {
      page.single(
        "store_memory_entries", .gauge, "Entries that the store in memory holds.", entries)
    }
  }

  /// Writes when something that is read anew on SIGHUP was read, and how often that has failed.
  private func write(
    _ reload: ReloadGauges, of name: String, _ loaded: String, _ failed: String,
    to page: inout MetricsPage
  ) {
    page.single(
      "\(name)_loaded_timestamp_seconds", .gauge, loaded, Double(reload.loadedAtMs) / 1000)
    page.single("\(name)_reload_failures_total", .counter, failed, reload.failures)
  }

  private func writePolicy(to page: inout MetricsPage) {
    guard let policy else { return }
    write(
      policy, of: "policy", "When the policy that is in use was read, in seconds since 1970.",
      "Times that the policy stayed as it was because something was wrong with the configuration.",
      to: &page)
  }

  private func writeFlows(to page: inout MetricsPage) {
    guard let flows else { return }
    write(
      flows, of: "flows",
      "When the files of flows that are in use were read, in seconds since 1970.",
      "Times that the flows of files stayed as they were because something was wrong with one of them.",
      to: &page)
  }

  private func writeKeys(to page: inout MetricsPage) {
    guard let keys else { return }
    page.begin("token_keys", .gauge, "Keys for tokens, by what they may be used for.")
    for key in keys.counts {
      page.sample(
        "token_keys", [("state", key.state), ("algorithm", key.algorithm)], key.count)
    }
    write(
      keys.reload, of: "token_keys",
      "When the keys that are in use were read, in seconds since 1970.",
      "Times that the keys stayed as they were because something was wrong with the new ones.",
      to: &page)
  }

  private func writeWork(to page: inout MetricsPage) {
    guard let work else { return }
    page.single(
      "work_waiting", .gauge,
      "Pieces of work that take long and wait for a thread: large values under schemas and patches, slow signatures.",
      work.waiting)
    page.single(
      "work_done_total", .counter, "Pieces of such work that have been done off the event loops.",
      work.done)
  }

  private func writeLosses(to page: inout MetricsPage) {
    if let accessLog {
      page.begin("access_log_lines_total", .counter, "Lines for the access log, by their fate.")
      let fates = [
        ("written", accessLog.written), ("queue_full", accessLog.droppedByQueue),
        ("write_failed", accessLog.droppedByWrite),
      ]
      for (fate, count) in fates {
        page.sample("access_log_lines_total", [("fate", fate)], count)
      }
      page.single(
        "access_log_reopen_failures_total", .counter,
        "Times that the access log couldn't be opened again.", accessLog.reopenFailures)
    }
    page.single(
      "metrics_file_failures_total", .counter,
      "Times that the file of metrics couldn't be written.", fileFailures)
  }

  private func writeProcess(to page: inout MetricsPage) {
    if let start = process.startTime {
      page.single(
        "process_start_time_seconds", .gauge, "When the process started, in seconds since 1970.",
        start)
    }
    if let bytes = process.residentBytes {
      page.single("process_resident_memory_bytes", .gauge, "Memory that is resident.", bytes)
    }
    if let seconds = process.cpuSeconds {
      page.single("process_cpu_seconds_total", .counter, "Processor time spent.", seconds)
    }
    if let files = process.openFiles {
      page.single("process_open_fds", .gauge, "File descriptors that are open.", files)
    }
  }
}

/// How busy the threads for long work are when metrics are written.
public struct WorkGauges: Sendable, Equatable {
  /// How many pieces of work wait for one.
  public var waiting: Int
  /// How many have been done.
  public var done: UInt64

  /// Describes how busy they are.
  public init(waiting: Int, done: UInt64) {
    self.waiting = waiting
    self.done = done
  }
}

/// What is known of the store when metrics are written.
public struct StoreGauges: Sendable, Equatable {
  /// Whether the store can be reached; the store in memory always can.
  public var isUp: Bool
  /// Bytes that the store in memory holds; nil when the store is elsewhere.
  public var memoryBytes: Int?
  /// Entries that the store in memory holds; nil when the store is elsewhere.
  public var memoryEntries: Int?
  /// Keys that Redis has removed to make room; nil when the store is not Redis.
  public var evictions: UInt64?

  /// Describes a store.
  public init(
    isUp: Bool, memoryBytes: Int? = nil, memoryEntries: Int? = nil, evictions: UInt64? = nil
  ) {
    self.isUp = isUp
    self.memoryBytes = memoryBytes
    self.memoryEntries = memoryEntries
    self.evictions = evictions
  }
}
