/// Why an event did not reach a subscriber.
///
/// Closed, so that a metric's label never takes more values than the code can name.
public enum EventDrop: Int, CaseIterable, Sendable {
  /// Too many waited for a subscriber that reads slower than they come.
  case slowReader
  /// Too many waited for an event loop.
  case busyLoop
  /// What was published was no event of a sidecar.
  case malformed

  /// The name that metrics are labelled with.
  public var name: String {
    switch self {
    case .slowReader: "slow_reader"
    case .busyLoop: "busy_loop"
    case .malformed: "malformed"
    }
  }
}
