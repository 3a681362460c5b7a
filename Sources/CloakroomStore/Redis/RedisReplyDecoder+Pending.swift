internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

extension RedisReplyDecoder {
  /// Reads the reply of a script on a pending operation: its first number says what it is, its second
  /// what the script was the first to find.
  static func readPending(_ reply: borrowing RESPReply) -> StoreReply {
    let unexpected = StoreReply.failure(
      RPCError(.internal, "Redis answered a pending operation with something else"))
    guard let what = reply.integer(1), let found = reply.integer(2) else { return unexpected }
    let outcome: PendingOutcome
    switch what {
    case 0:
      guard let why = reply.integer(3), let rest = reply.integer(4),
        let refusal = PendingRefusal(code: why, rest: rest)
      else { return unexpected }
      outcome = .refused(refusal)
    case 1, 2, 3:
      guard let operation = reply.operation else { return unexpected }
      if what == 2 {
        guard let fence = reply.integer(11), let end = reply.integer(12) else { return unexpected }
        outcome = .leased(operation, PendingGrant(fence: fence, endsAtMs: end))
      } else {
        outcome = what == 1 ? .operation(operation) : .stale(operation)
      }
    case 4:
      guard let result = reply.string(3), let moment = reply.integer(4) else { return unexpected }
      outcome = .committed(result: result, atMs: moment)
    case 5:
      outcome = .done
    case 6:
      guard let next = reply.integer(3) else { return unexpected }
      outcome = .settled(nextAtMs: next > 0 ? next : nil)
    default:
      return unexpected
    }
    return .pending(PendingReply(outcome, noticed: PendingNotice(rawValue: Int(found))))
  }

  /// Reads the reply of SCAN: a position as text and an array of names.
  static func readPendingNames(_ reply: borrowing RESPReply) -> StoreReply {
    guard reply.nodes.count >= 3, let next = UInt64(reply.text(of: reply.nodes[1])) else {
      return .failure(RPCError(.internal, "Redis answered a scan with no position"))
    }
    var names: [StoreKey] = []
    for node in reply.nodes.dropFirst(3) { names.append(StoreKey(bytes: reply.slice(of: node))) }
    return .pending(PendingReply(.names(names, next: next)))
  }
}

extension RESPReply {
  /// The integer at a place; nil when there is none.
  func integer(_ index: Int) -> Int64? {
    guard index < nodes.count, nodes[index].kind == .integer else { return nil }
    return nodes[index].integer
  }

  /// The string at a place; nil when there is none.
  func string(_ index: Int) -> ByteBuffer? {
    guard index < nodes.count, nodes[index].kind == .string else { return nil }
    return slice(of: nodes[index])
  }

  /// The operation that stands behind the first two numbers.
  fileprivate var operation: PendingOperation? {
    guard let data = string(3), let type = string(4), let created = integer(5),
      let end = integer(6), let once = integer(7), let most = integer(8),
      let attempts = integer(9), let number = integer(10),
      let state = PendingOperation.State(rawValue: Int(number))
    else { return nil }
    return PendingOperation(
      type: String(buffer: type), data: data, createdAtMs: created, expiresAtMs: end,
      isOneTime: once == 1, maxAttempts: Int(most), attempts: Int(attempts), state: state)
  }
}
