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
    guard case .pending(let reply) = self, reply.noticed != nil else { return self }
    return .pending(PendingReply(reply.outcome))
  }
}
