public import CloakroomCore

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

  /// Counts a limit that took effect where no loop has seen it.
  public mutating func limitBit(_ limit: Limit, times: UInt64) {
    counters.limits[limit.rawValue] &+= times
  }

  /// Counts connections to the store that were given up where no loop has seen it.
  public mutating func storeReconnecting(_ reason: ReconnectReason, times: UInt64) {
    counters.reconnects[reason.rawValue] &+= times
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
    counters.inFlight
  }

  /// Connections that are open.
  public var connections: Int {
    Int(truncatingIfNeeded: counters.connectionsOpened &- counters.connectionsClosed)
  }

  /// How often a limit bit.
  public func count(of limit: Limit) -> UInt64 {
    counters.limits[limit.rawValue]
  }
}
