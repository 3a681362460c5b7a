internal import CloakroomCore
internal import Synchronization

/// Which flows and steps have series of their own in the metrics: the first that come up, so many at most;
/// all others are `other`. One for a process, so that what has a series keeps it.
public final class FlowLabels: Sendable {
  /// What all others are called.
  static let other = "other"
  /// How many flows have series of their own.
  static let flowLimit = 64
  /// How many steps have, over all flows.
  static let stepLimit = 512

  private struct Known {
    var flows: [String: Set<String>] = [:]
    var steps = 0
  }

  private let known = Mutex(Known())

  /// No flow has one yet.
  public init() {}

  /// The labels of a flow and a step.
  func labels(_ flow: String, _ step: String?) -> (flow: String, step: String) {
    let step = step ?? ""
    return known.withLock { known in
      if known.flows[flow] == nil {
        guard known.flows.count < Self.flowLimit else { return (Self.other, Self.other) }
        known.flows[flow] = []
      }
      if known.flows[flow]?.contains(step) == true { return (flow, step) }
      guard known.steps < Self.stepLimit else { return (flow, Self.other) }
      known.flows[flow]?.insert(step)
      known.steps += 1
      return (flow, step)
    }
  }
}

/// What has happened to sessions, by flow and step.
struct FlowCounts: Sendable {
  /// What is counted.
  enum Metric: Int, CaseIterable, Sendable {
    case sessions, abandoned, errors

    /// The metric's name.
    var name: String {
      switch self {
      case .sessions: "flow_sessions_total"
      case .abandoned: "flow_sessions_abandoned_total"
      case .errors: "flow_step_refusals_total"
      }
    }

    /// What it says.
    var help: String {
      switch self {
      case .sessions: "What has become of sessions, by flow."
      case .abandoned: "Sessions that were found to have expired, by the step that they were at."
      case .errors:
        "Steps that were not completed, as their data didn't fit or it wasn't their turn."
      }
    }
  }

  /// One series.
  struct Series: Hashable, Sendable {
    let metric: Metric
    let flow: String
    /// The step, or of `sessions` the event.
    let part: String
  }

  private(set) var counts: [Series: UInt64] = [:]

  /// Counts what has happened to a session of a flow.
  mutating func count(_ event: SessionEvent, flow: String, step: String?, _ labels: FlowLabels) {
    switch event {
    case .created, .completed, .deleted, .expired, .dead, .stepRefused: break
    // The most frequent ones: the labels are behind a lock of all loops.
    case .updated, .stepCompleted, .moved, .rotated, .checkedOut, .released, .reopened: return
    }
    let (flow, step) = labels.labels(flow, step)
    guard event != .stepRefused else {
      counts[Series(metric: .errors, flow: flow, part: step), default: 0] &+= 1
      return
    }
    counts[Series(metric: .sessions, flow: flow, part: event.name), default: 0] &+= 1
    guard event == .expired else { return }
    counts[Series(metric: .abandoned, flow: flow, part: step), default: 0] &+= 1
  }

  /// Adds another loop's counts.
  mutating func add(_ other: Self) { counts.merge(other.counts) { $0 &+ $1 } }

  /// Writes the metrics that there is anything of.
  func write(to page: inout MetricsPage) {
    for metric in Metric.allCases {
      let series = counts.keys.filter { $0.metric == metric }
        .sorted { ($0.flow, $0.part) < ($1.flow, $1.part) }
      page.begin(metric.name, .counter, metric.help)
      for one in series {
        page.sample(
          metric.name,
          [("flow", one.flow), (metric == .sessions ? "event" : "step", one.part)],
          counts[one] ?? 0)
      }
    }
  }
}
