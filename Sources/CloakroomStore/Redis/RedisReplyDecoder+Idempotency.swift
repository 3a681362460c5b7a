internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

extension RedisReplyDecoder {
  /// Reads what an idempotency record has for a step: null, an answer, or an array of a note and an answer.
  static func readKept(_ reply: borrowing RESPReply) -> StoreReply {
    guard reply.first.kind == .array, reply.nodes.count > 1, reply.nodes[1].kind == .string else {
      return readAnswer(reply)
    }
    let answer = readAnswer(reply.part(from: 2))
    // A reply that nobody can read has no note that anybody could use.
    if case .failure = answer { return answer }
    return .noted(reply.slice(of: reply.nodes[1]), answer)
  }

  /// Reads an answer. That of a step that is done, whatever happens, is a number; another was kept by an
  /// earlier version of the sidecar, and all that is known of it is that there is one.
  private static func readAnswer(_ reply: borrowing RESPReply) -> StoreReply {
    switch reply.first.kind {
    case .null: .value(nil)
    case .integer, .array: .done
    case .string, .status, .error:
      .failure(.unreadableAnswer)
    }
  }
}
