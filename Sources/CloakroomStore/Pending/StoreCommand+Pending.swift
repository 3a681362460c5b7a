extension StoreCommand {
  /// The name of the pending operation whose end the reply may tell of; nil for all other commands.
  public var pendingName: StoreKey? {
    switch self {
    case .pending(let name, _): name
    case .once(_, .pending(let name, _)): name
    default: nil
    }
  }
}

extension StoreReply {
  /// The reply as it is kept for a call that is repeated: what it was the first to find it has told.
  var kept: StoreReply {
    switch self {
    case .pending(let reply) where reply.noticed != nil: .pending(PendingReply(reply.outcome))
    case .noted(let note, let reply): .noted(note, reply.kept)
    default: self
    }
  }

  /// What a step on a pending operation was the first to find.
  public var notice: PendingNotice? {
    switch self {
    case .pending(let reply): reply.noticed
    case .noted(_, let reply): reply.notice
    default: nil
    }
  }
}
