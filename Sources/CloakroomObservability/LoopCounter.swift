internal import CloakroomCore

/// What every event loop counts beside its calls. A counter is declared here and nowhere else: the loops
/// keep it, add it up and write it as its row says.
///
/// The order is that of the text.
public enum LoopCounter: Int, CaseIterable, Sendable {
  /// Calls under way.
  case callsInFlight
  /// Bytes of requests.
  case receivedBytes
  /// Bytes of replies.
  case sentBytes
  /// A client has connected.
  case connectionsOpened
  /// A client's connection is gone.
  case connectionsClosed
  /// A limit took effect.
  case limitHits
  /// What clients have the sidecar hold, in bytes.
  case clientMemory
  /// A connection was closed for what it held.
  case clientMemoryDrops
  /// Something has happened to a pending operation.
  case pendingOperations
  /// Records were looked at because their deadlines had come.
  case deadlinesSwept
  /// For how long the earliest deadline of the last sweep had passed, in milliseconds; the sidecar has
  /// one loop that sweeps.
  case sweepLateness
  /// Something has happened to a cache.
  case caches
  /// A rate limit was decided.
  case rateDecisions
  /// Something has happened to a session.
  case sessionEvents
  /// Something has happened under a key of `idempotency.*`.
  case idempotency
  /// A connection to the store was given up and is being made anew.
  case storeReconnects
  /// A command of the store was not answered in time.
  case storeCommandTimeouts
  /// A command was sent to the store once more, over a new connection.
  case storeCommandsResent
  /// The store has refused a command.
  case storeRefusals
  /// An event was published.
  case eventsPublished
  /// An event was written to a subscriber.
  case eventsDelivered
  /// An event did not reach a subscriber.
  case eventsDropped
  /// A subscriber was told that events are missing.
  case eventGaps
  /// Clients' subscriptions to channels and patterns.
  case eventSubscriptions

  /// The counter as a metric.
  var metric: Metric {
    switch self {
    case .callsInFlight: Metric(.calls, "calls_in_flight", "Calls under way.", .gauge)
    case .receivedBytes: Metric(.calls, "received_bytes_total", "Bytes of requests.")
    case .sentBytes: Metric(.calls, "sent_bytes_total", "Bytes of replies.")
    case .connectionsOpened:
      Metric(
        .connections, "connections_opened_total", "Clients' connections that were opened.")
    case .connectionsClosed:
      Metric(
        .connections, "connections_closed_total", "Clients' connections that were closed.")
    case .limitHits:
      Metric(
        .connections, "limit_hits_total", by: "limit", Limit.self,
        "Times that a limit took effect.")
    case .clientMemory:
      Metric(
        .connections, "client_memory_bytes", by: "kind", MemoryKind.self,
        "Memory that clients have the sidecar hold beside the store; of each connection what is past some kilobytes.",
        .gauge)
    case .clientMemoryDrops:
      Metric(
        .connections, "client_memory_drops_total",
        "Connections that were closed because limits.clientMemory was reached and they held most.")
    case .pendingOperations:
      Metric(
        .pending, "pending_operations_total", by: "event", PendingEvent.self,
        "What has happened to pending operations; that one has expired or is dead counts once, in the sidecar that finds it."
      )
    case .deadlinesSwept:
      Metric(
        .pending, "deadlines_swept_total",
        "Records that were looked at because their deadlines had come.")
    case .sweepLateness:
      Metric(
        .pending, "deadline_sweep_lateness_seconds",
        "For how long the earliest deadline had passed that the last sweep has found.", .gauge,
        isGreatest: true, isMilliseconds: true)
    case .caches:
      Metric(
        .caches, "cache_events_total", by: "event", CacheEvent.self,
        "What has happened to caches: what `cache.get` has answered, values stored, leases given out, given back and lost, keys and tags invalidated."
      )
    case .rateDecisions:
      Metric(
        .rates, "rate_limit_decisions_total", by: "decision", RateDecision.self,
        "Decisions on rate limits; what the sidecar has refused without asking the store is denied_locally, what the store could not be asked for is unchecked."
      )
    case .sessionEvents:
      Metric(
        .sessions, "session_events_total", by: "event", SessionEvent.self,
        "What has happened to sessions; that one has expired or is dead counts once, in the sidecar that finds it."
      )
    case .idempotency:
      Metric(
        .idempotency, "idempotency_total", by: "event", IdempotencyEvent.self,
        "What has happened under the keys of idempotency.*: the first begin of a key, later ones by what they were told, and how tries have ended."
      )
    case .storeReconnects:
      Metric(
        .store, "store_reconnects_total", by: "reason", ReconnectReason.self,
        "Connections to the store that were given up and made anew.")
    case .storeCommandTimeouts:
      Metric(
        .store, "store_command_timeouts_total", "Commands that the store didn't answer in time.")
    case .storeCommandsResent:
      Metric(
        .store, "store_commands_resent_total",
        "Commands that were sent once more over a new connection.")
    case .storeRefusals:
      Metric(
        .store, "store_refusals_total", by: "code", StoreRefusal.self,
        "Commands that the store has refused, by the word that Redis says first.")
    case .eventsPublished:
      Metric(.events, "events_published_total", "Events that were published.")
    case .eventsDelivered:
      Metric(.events, "events_delivered_total", "Events that were written to a subscriber.")
    case .eventsDropped:
      Metric(
        .events, "events_dropped_total", by: "cause", EventDrop.self,
        "Events that did not reach a subscriber, by cause.")
    case .eventGaps:
      Metric(
        .events, "event_gaps_total", by: "reason", GapReason.self,
        "Times that a subscriber was told that events are missing.")
    case .eventSubscriptions:
      Metric(
        .events, "event_subscriptions", "Subscriptions of clients to events.", .gauge)
    }
  }
}

extension LoopCounter {
  /// The part of the text that a metric stands in.
  enum Section {
    case calls, connections, pending, caches, idempotency, sessions, rates, store, events
  }

  /// How a counter is written and added up.
  struct Metric {
    let section: Section
    let name: String
    let kind: MetricsPage.Kind
    let help: String
    /// The label that tells its counts apart; nil where there is one count.
    let label: String?
    /// The label's values, in the order of their raw values.
    let values: [String]
    /// Whether the greatest of the loops' values counts and not their sum.
    let isGreatest: Bool
    /// Whether it is kept in milliseconds and written in seconds.
    let isMilliseconds: Bool

    /// One count.
    init(
      _ section: Section, _ name: String, _ help: String, _ kind: MetricsPage.Kind = .counter,
      isGreatest: Bool = false, isMilliseconds: Bool = false
    ) {
      self.section = section
      self.name = name
      self.kind = kind
      self.help = help
      label = nil
      values = [""]
      self.isGreatest = isGreatest
      self.isMilliseconds = isMilliseconds
    }

    /// A count for each value of a label.
    init<Label: CounterLabel>(
      _ section: Section, _ name: String, by label: String, _ values: Label.Type, _ help: String,
      _ kind: MetricsPage.Kind = .counter
    ) {
      self.section = section
      self.name = name
      self.kind = kind
      self.help = help
      self.label = label
      self.values = Label.allCases.map(\.name)
      isGreatest = false
      isMilliseconds = false
    }
  }
}
