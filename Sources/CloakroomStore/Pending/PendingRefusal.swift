public import CloakroomCore

/// Why a step on a pending operation was not done.
public enum PendingRefusal: Sendable, Hashable {
  /// There is no operation of that name, and no tombstone of one.
  case notFound
  /// Its life was over.
  case expired
  /// It was used already, by a consume or a commit.
  case consumed
  /// It was deleted.
  case deleted
  /// Somebody has it, for so many milliseconds more.
  case leased(restMs: Int64)
  /// It is of another type.
  case wrongType
  /// The receipt is not the last one that it was leased under, or something has happened since.
  case leaseLost
  /// Another operation has that name.
  case exists
  /// Its attempts are used up.
  case dead
  /// Its attempts are not used up.
  case notDead

  /// What a script's number means; nil for no such number.
  init?(code: Int64, rest: Int64) {
    switch code {
    case 1: self = .notFound
    case 2: self = .expired
    case 3: self = .consumed
    case 4: self = .deleted
    case 5: self = .leased(restMs: rest)
    case 6: self = .wrongType
    case 7: self = .leaseLost
    case 8: self = .exists
    case 9: self = .dead
    case 10: self = .notDead
    default: return nil
    }
  }

  /// What callers are told.
  public var error: RPCError {
    switch self {
    case .notFound: RPCError(.notFound)
    case .expired: RPCError(.expired)
    case .consumed: RPCError(.consumed)
    case .deleted: RPCError(.deleted)
    case .leased(let rest): RPCError(.checkedOut, retryAfterMs: max(rest, 1))
    case .wrongType: RPCError(.wrongType)
    case .leaseLost: RPCError(.leaseLost)
    case .exists: RPCError(.conflict)
    case .dead:
      RPCError(
        .conflict, "its attempts are used up; an operator can re-open it",
        details: [.text("state", "dead")])
    case .notDead: RPCError(.conflict, "it is not dead: there is nothing to re-open")
    }
  }
}
