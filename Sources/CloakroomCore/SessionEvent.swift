/// What happens to sessions, for the metrics; closed, so that a label never has more values than these.
public enum SessionEvent: Int, CaseIterable, Sendable {
  /// One was made.
  case created
  /// One's data were changed.
  case updated
  /// One has completed a step.
  case stepCompleted
  /// A step was not completed: its data didn't fit, or it wasn't its turn.
  case stepRefused
  /// One has gone to a step.
  case moved
  /// One goes on under another id.
  case rotated
  /// One was deleted.
  case deleted
  /// One was leased to a caller.
  case checkedOut
  /// A caller has given one back.
  case released
  /// One was handed over.
  case completed
  /// One was found to have expired.
  case expired
  /// One was found to have used up its attempts.
  case dead
  /// An operator has opened a dead one again.
  case reopened

  /// The name that metrics are labelled with.
  public var name: String {
    switch self {
    case .created: "created"
    case .updated: "updated"
    case .stepCompleted: "step_completed"
    case .stepRefused: "step_refused"
    case .moved: "moved"
    case .rotated: "rotated"
    case .deleted: "deleted"
    case .checkedOut: "checked_out"
    case .released: "released"
    case .completed: "completed"
    case .expired: "expired"
    case .dead: "dead"
    case .reopened: "reopened"
    }
  }
}
