internal import CloakroomCore

/// What the event loops had counted at one moment; a value that any thread may hold.
public struct MetricsSnapshot: Sendable {
  let labels: MetricsLabels
  var counters: Counters

  /// A snapshot of nothing, to add others to.
  public init(labels: MetricsLabels) {
    self.labels = labels
    counters = Counters(labels: labels)
  }

  init(labels: MetricsLabels, counters: Counters) {
    self.labels = labels
    self.counters = counters
  }

  /// Both loops' counts together; they must have been made with equal labels.
  public static func + (one: Self, other: Self) -> Self {
    assert(one.labels == other.labels, "counts of other names can't be added")
    var sum = one
    sum.counters.add(other.counters)
    return sum
  }

  /// Counts what has happened where no loop has seen it.
  public mutating func count<Label: CounterLabel>(_ label: Label, times: UInt64) {
    counters[Label.counter, label.rawValue] &+= times
  }

  /// Calls that ended, whichever way.
  public var calls: UInt64 {
    counters.calls.reduce(0, &+)
  }

  /// Calls that ended badly.
  public var failures: UInt64 {
    var sum: UInt64 = 0
    for (index, count) in counters.calls.enumerated() where index % counters.outcomes != 0 {
      sum &+= count
    }
    return sum
  }

  /// Calls under way.
  public var inFlight: Int {
    Int(truncatingIfNeeded: counters[.callsInFlight])
  }

  /// Connections that are open.
  public var connections: Int {
    Int(truncatingIfNeeded: counters[.connectionsOpened] &- counters[.connectionsClosed])
  }

  /// How often something has happened in the way that a label tells.
  public func count<Label: CounterLabel>(of label: Label) -> UInt64 {
    counters[Label.counter, label.rawValue]
  }
}
