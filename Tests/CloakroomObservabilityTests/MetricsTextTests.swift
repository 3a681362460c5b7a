import CloakroomCore
import Testing

@testable import CloakroomObservability

@Suite(.timeLimit(.minutes(1))) struct MetricsTextTests {
  /// One event on a loop, and the samples that are other than they were before.
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let event: @Sendable (LoopObserver) -> Void
    let samples: [String]

    init(_ name: String, _ samples: [String], _ event: @escaping @Sendable (LoopObserver) -> Void) {
      testDescription = name
      self.event = event
      self.samples = samples
    }
  }

  static let bytes = ["cloakroom_received_bytes_total 60", "cloakroom_sent_bytes_total 40"]

  /// The buckets from one on that have counted one call.
  static func histogram(_ name: String, _ label: String, from first: Int, sum: String) -> [String] {
    let bounds = DurationBuckets.labels + ["+Inf"]
    let plain = label.isEmpty ? "" : "{\(label)}"
    let before = label.isEmpty ? "" : "\(label),"
    return bounds.enumerated().map { index, bound in
      "cloakroom_\(name)_bucket{\(before)le=\"\(bound)\"} \(index < first ? 0 : 1)"
    } + ["cloakroom_\(name)_sum\(plain) \(sum)", "cloakroom_\(name)_count\(plain) 1"]
  }

  static let calls = [
    Case(
      "a success",
      bytes + ["cloakroom_calls_total{service=\"shop\",method=\"kv.set\",reason=\"ok\"} 1"]
        + histogram("call_duration_seconds", "method=\"kv.set\"", from: 0, sum: "2.5e-05")
    ) { $0.record(.test(duration: 25_000, method: 1)) },
    Case(
      "a failure of a service whose name needs escaping",
      bytes + [
        #"cloakroom_calls_total{service="back \"office\"\\\n",method="kv.get",reason="NOT_FOUND"} 1"#
      ] + histogram("call_duration_seconds", "method=\"kv.get\"", from: 18, sum: "11.0")
    ) { $0.record(.test(duration: 11_000_000_000, service: 1, failure: .notFound)) },
    Case(
      "a method and a service that don't exist",
      bytes + [
        "cloakroom_calls_total{service=\"unknown\",method=\"unknown\",reason=\"METHOD_NOT_FOUND\"} 1"
      ] + histogram("call_duration_seconds", "method=\"unknown\"", from: 2, sum: "0.0001")
    ) {
      $0.record(.test(duration: 100_000, service: -1, method: nil, failure: .methodNotFound))
    },
    Case(
      "indices past the last names, and the last reason",
      bytes + [
        "cloakroom_calls_total{service=\"unknown\",method=\"unknown\",reason=\"CROSS_SLOT\"} 1"
      ] + histogram("call_duration_seconds", "method=\"unknown\"", from: 0, sum: "0.0")
    ) { $0.record(.test(duration: 0, service: .max, method: .max, failure: .crossSlot)) },
  ]

  static let events = [
    Case("a connection", ["cloakroom_connections 1", "cloakroom_connections_opened_total 1"]) {
      $0.count(.connectionsOpened)
    },
    Case(
      "a connection that has gone",
      ["cloakroom_connections_opened_total 1", "cloakroom_connections_closed_total 1"]
    ) {
      $0.count(.connectionsOpened)
      $0.count(.connectionsClosed)
    },
    Case("calls under way", ["cloakroom_calls_in_flight 2"]) {
      for _ in 0..<3 { $0.count(.callsInFlight) }
      $0.discount(.callsInFlight)
    },
    Case("a limit", ["cloakroom_limit_hits_total{limit=\"unread_replies\"} 1"]) {
      $0.limitBit(.unreadReplies)
    },
    Case("a reconnect", ["cloakroom_store_reconnects_total{reason=\"closed\"} 1"]) {
      $0.count(ReconnectReason.closed)
    },
    Case(
      "a late store",
      ["cloakroom_store_command_timeouts_total 1", "cloakroom_store_commands_resent_total 4"]
    ) {
      $0.count(.storeCommandTimeouts)
      $0.count(.storeCommandsResent, times: 4)
    },
  ]

  private func lines(
    _ snapshot: MetricsSnapshot, accessLog: AccessLogCounts? = nil,
    store: StoreGauges = StoreGauges(isUp: true)
  ) -> [Substring] {
    let text = MetricsText(
      snapshot: snapshot, process: ProcessFacts(), store: store, accessLog: accessLog)
    return String(decoding: text.render(), as: UTF8.self).split(separator: "\n")
  }

  @Test("What happens on a loop changes its own samples and no others", arguments: calls + events)
  func samples(of example: Case) {
    let observer = LoopObserver(labels: testLabels)
    let before = Set(lines(observer.snapshot()))
    example.event(observer)
    let changed = lines(observer.snapshot()).filter { !before.contains($0) }
    // Buckets that are still at zero appear with the first call of a method.
    #expect(Set(changed) == Set(example.samples.map { $0[...] }))
    #expect(changed.count == example.samples.count)
  }

  @Test("The store's histogram takes only the calls that waited for it")
  func storeHistogram() {
    let observer = LoopObserver(labels: testLabels)
    observer.record(.test(storeDuration: 0))
    observer.record(.test(storeDuration: 30_000))
    let expected = Self.histogram("store_round_trip_seconds", "", from: 1, sum: "3e-05")
    #expect(Set(lines(observer.snapshot())).isSuperset(of: expected.map { $0[...] }))
  }

  @Test("Loops' counts add up, and one loop's snapshot doesn't change with the loop")
  func sum() {
    let one = LoopObserver(labels: testLabels)
    let other = LoopObserver(labels: testLabels)
    for observer in [one, other] {
      observer.count(.connectionsOpened)
      observer.count(.callsInFlight)
      observer.record(.test(failure: .conflict))
      observer.record(.test())
      observer.limitBit(.depth)
    }
    let early = one.snapshot()
    one.record(.test())
    let sum = MetricsSnapshot(labels: testLabels) + early + other.snapshot()
    #expect(early.calls == 2)
    #expect(sum.calls == 4)
    #expect(sum.failures == 2)
    #expect(sum.inFlight == 2)
    #expect(sum.connections == 2)
    #expect(sum.count(of: Limit.depth) == 2)
    #expect(
      lines(sum).contains(
        "cloakroom_call_duration_seconds_bucket{method=\"kv.get\",le=\"2.5e-05\"} 4"))
  }

  @Test("Every limit and reason of a reconnect is there before it ever happened")
  func zeros() {
    let lines = lines(MetricsSnapshot(labels: testLabels))
    for limit in Limit.allCases {
      #expect(lines.contains("cloakroom_limit_hits_total{limit=\"\(limit.name)\"} 0"))
    }
    for reason in ReconnectReason.allCases {
      #expect(lines.contains("cloakroom_store_reconnects_total{reason=\"\(reason.name)\"} 0"))
    }
    #expect(!lines.contains { $0.hasPrefix("cloakroom_calls_total") })
    #expect(Set(Limit.allCases.map(\.name)).count == Limit.allCases.count)
  }

  @Test("Every counter has a name of its own, and room for all that it tells apart")
  func declarations() {
    let metrics = LoopCounter.allCases.map(\.metric)
    #expect(Set(metrics.map(\.name)).count == metrics.count)
    for metric in metrics {
      #expect((1...Counters.width).contains(metric.values.count), "\(metric.name)")
      #expect(Set(metric.values).count == metric.values.count, "\(metric.name)")
    }
    #expect(LoopCounter.allCases.map(\.rawValue) == Array(0..<metrics.count))
    #expect(Limit.allCases.map(\.rawValue) == Array(0..<Limit.allCases.count))
    #expect(PendingEvent.allCases.map(\.rawValue) == Array(0..<PendingEvent.allCases.count))
  }

  @Test("The state of keys, policy and flows is told, and nothing where there is nothing to tell")
  func reloaded() {
    let keys = KeyGauges(
      counts: [
        .init(state: "active", algorithm: "HS256", count: 2),
        .init(state: "retired", algorithm: "HS256", count: 0),
      ], reload: ReloadGauges(loadedAtMs: 1_767_225_600_500, failures: 3))
    let page = MetricsText(
      snapshot: MetricsSnapshot(labels: testLabels), process: ProcessFacts(),
      store: StoreGauges(isUp: true),
      policy: ReloadGauges(loadedAtMs: 1_767_225_600_250, failures: 2), keys: keys,
      flows: ReloadGauges(loadedAtMs: 1_767_225_600_750, failures: 4))
    let told = String(decoding: page.render(), as: UTF8.self).split(separator: "\n")
    for sample in [
      #"token_keys{state="active",algorithm="HS256"} 2"#,
      #"token_keys{state="retired",algorithm="HS256"} 0"#,
      "token_keys_loaded_timestamp_seconds 1767225600.5", "token_keys_reload_failures_total 3",
      "policy_loaded_timestamp_seconds 1767225600.25", "policy_reload_failures_total 2",
      "flows_loaded_timestamp_seconds 1767225600.75", "flows_reload_failures_total 4",
    ] {
      #expect(told.contains("cloakroom_\(sample)"))
    }
    for name in ["token_keys", "policy", "flows_"] {
      #expect(!lines(MetricsSnapshot(labels: testLabels)).contains { $0.contains(name) })
    }
  }

  @Test("The store's and the access log's state is told")
  func gauges() {
    var counts = AccessLogCounts()
    counts.written = 5
    counts.droppedByQueue = 6
    counts.droppedByWrite = 7
    counts.reopenFailures = 8
    let lines = lines(
      MetricsSnapshot(labels: testLabels), accessLog: counts,
      store: StoreGauges(isUp: false, memoryBytes: 1_024, memoryEntries: 3))
    for sample in [
      "store_up 0", "store_memory_bytes 1024", "store_memory_entries 3",
      "access_log_lines_total{fate=\"written\"} 5",
      "access_log_lines_total{fate=\"queue_full\"} 6",
      "access_log_lines_total{fate=\"write_failed\"} 7", "access_log_reopen_failures_total 8",
    ] {
      #expect(lines.contains("cloakroom_\(sample)"))
    }
  }
}
