internal import CloakroomCore
internal import CloakroomRedis

extension RedisReplyDecoder {
  /// Reads names that are due, behind how late the first is and until when they are held.
  static func readDue(_ reply: borrowing RESPReply) -> StoreReply {
    guard let late = reply.integer(1), let hold = reply.integer(2) else {
      return .failure(RPCError(.internal, "Redis answered an index with something else"))
    }
    var due = DueNames(hold: hold, lateMs: late)
    for node in reply.nodes.dropFirst(3) {
      due.names.append(StoreKey(bytes: reply.slice(of: node)))
    }
    // Whether there are more, the next look tells; it costs one command and no more.
    due.isMore = !due.names.isEmpty
    return .due(due)
  }
}
