/// How long to go on, and in what order.
public struct LoadLimit: Sendable {
  /// In what order the keys are taken.
  public enum Order: Sendable {
    /// One after the other, so that as many requests as keys reach each key once.
    case sequential
    /// Any key as likely as any other.
    case random
  }

  /// How many requests to send at most.
  public var requests: Int
  /// How long to send for at most.
  public var duration: Duration
  /// In what order the keys are taken.
  public var order: Order

  /// A limit; the first that is reached ends the run.
  public init(requests: Int = .max, duration: Duration = .seconds(86_400), order: Order) {
    self.requests = requests
    self.duration = duration
    self.order = order
  }
}
