/// What happens to pending operations, for the metrics; closed, so that a label never has more values
/// than these.
public enum PendingEvent: Int, CaseIterable, Sendable {
  /// One was made, its data in the store.
  case createdInStore
  /// One was made, its data in its token.
  case createdAsToken
  /// One was changed, or made anew with other data.
  case updated
  /// One was used.
  case consumed
  /// One was deleted.
  case deleted
  /// One was leased to a caller.
  case checkedOut
  /// A caller has given one back.
  case released
  /// One was handed over.
  case committed
  /// One was found to have expired.
  case expired
  /// One was found to have used up its attempts.
  case dead
  /// An operator has opened a dead one again.
  case reopened

  /// The name that metrics are labelled with.
  public var name: String {
    switch self {
    case .createdInStore: "created_store"
    case .createdAsToken: "created_jwt"
    case .updated: "updated"
    case .consumed: "consumed"
    case .deleted: "deleted"
    case .checkedOut: "checked_out"
    case .released: "released"
    case .committed: "committed"
    case .expired: "expired"
    case .dead: "dead"
    case .reopened: "reopened"
    }
  }
}
