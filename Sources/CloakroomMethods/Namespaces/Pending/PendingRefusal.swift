internal import CloakroomCore

/// Why a step on a pending operation was not done.
enum PendingRefusal: Error, Sendable, Equatable {
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
  /// Its data are not JSON, and nothing can be merged into them.
  case notJSON
  /// With the patch its data would have more than so many bytes.
  case tooLarge(Int)
  /// Patch and data have so many members that to merge them takes too long.
  case tooManyMembers
  /// Its data are not as the caller wants them for a change, or can't be looked into.
  case unmet(RPCError)

  /// What callers are told.
  var error: RPCError {
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
    case .notJSON:
      RPCError(
        .storeRefused, "what is stored for that token is not JSON",
        details: [.text("code", "NOTJSON")])
    case .tooLarge(let longest):
      RPCError(.tooLarge, "the data would have more than \(longest) bytes")
    case .tooManyMembers:
      RPCError(
        .tooLarge,
        "patch and data have too many members to be merged; nothing was done. Send data in place of a patch"
      )
    case .unmet(let error): error
    }
  }
}
