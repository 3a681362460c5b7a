/// What happens under the keys of `idempotency.*`, for the metrics; closed, so that a label never has more
/// values than these.
public enum IdempotencyEvent: Int, CaseIterable, Sendable {
  /// Somebody was the first to begin.
  case began
  /// Somebody has begun after a try that had failed, or whose lock had lapsed.
  case retried
  /// A begin was told that another one is under way.
  case inProgress
  /// A begin was told what had come of it before.
  case duplicate
  /// A result was kept.
  case completed
  /// A failure was kept as the result.
  case failed
  /// A try has failed, and the next one may begin.
  case opened
  /// A lock was renewed.
  case renewed

  /// The name that metrics are labelled with.
  public var name: String {
    switch self {
    case .began: "began"
    case .retried: "retried"
    case .inProgress: "in_progress"
    case .duplicate: "duplicate"
    case .completed: "completed"
    case .failed: "failed"
    case .opened: "opened"
    case .renewed: "renewed"
    }
  }
}
