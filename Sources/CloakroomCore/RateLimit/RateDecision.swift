/// What a rate limit was decided to, for the metrics; closed, so that a label never has more values than these.
public enum RateDecision: Int, CaseIterable, Sendable {
  /// All limits were taken.
  case allowed
  /// The store has refused it.
  case denied
  /// The sidecar has refused it without asking the store, which had just refused the same.
  case deniedLocally
  /// The store could not be asked, and the call said that it then is allowed.
  case allowedUnchecked
  /// The store could not be asked.
  case deniedUnchecked

  /// The name that metrics are labelled with.
  public var name: String {
    switch self {
    case .allowed: "allowed"
    case .denied: "denied"
    case .deniedLocally: "denied_locally"
    case .allowedUnchecked: "allowed_unchecked"
    case .deniedUnchecked: "denied_unchecked"
    }
  }
}
