internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

extension RedisStoreLink {
  /// Hands a step on a claim to Redis.
  ///
  /// All but the release may be sent again: a ticket that was granted is answered as it was, and the
  /// others come to the same twice. A second release would be told that nothing is held.
  func submit(_ step: ClaimStep, on key: StoreKey, ticket: StoreTicket) {
    switch step {
    case .take(let request):
      let id = request.ticket.id
      run(
        RedisScripts.takeClaim, ticket, .claim, .idempotentWrite, key, arguments: 7,
        payload: request.owner.utf8.count + id.utf8.count + 5 * Self.numberLength
      ) {
        $0.write(string: request.owner)
        $0.write(request.life.milliseconds)
        $0.write(string: id)
        $0.write(request.ticket.number)
        $0.write(request.wait?.patienceMs)
        $0.write(Int64(request.wait?.limit ?? 0))
        $0.write(ClaimStep.retentionMs)
      }
    case .renew(let owner, let life, let fence):
      run(
        RedisScripts.renewClaim, ticket, .claim, .idempotentWrite, key, arguments: 4,
        payload: owner.utf8.count + 3 * Self.numberLength
      ) {
        $0.write(string: owner)
        $0.write(fence)
        $0.write(life.milliseconds)
        $0.write(ClaimStep.retentionMs)
      }
    case .release(let owner, let fence):
      run(
        RedisScripts.releaseClaim, ticket, .claim, .write, key, arguments: 3,
        payload: owner.utf8.count + 2 * Self.numberLength
      ) {
        $0.write(string: owner)
        $0.write(fence)
        $0.write(ClaimStep.retentionMs)
      }
    case .withdraw(let claim):
      run(
        RedisScripts.withdrawClaim, ticket, .claim, .idempotentWrite, key, arguments: 3,
        payload: claim.id.utf8.count + 2 * Self.numberLength
      ) {
        $0.write(string: claim.id)
        $0.write(claim.number)
        $0.write(ClaimStep.retentionMs)
      }
    case .inspect:
      run(RedisScripts.inspectClaim, ticket, .claim, .read, key, arguments: 0, payload: 0) { _ in }
    }
  }

  /// The length of the longest number, `-9223372036854775808`, in bytes.
  private static let numberLength = 20
}

extension RESPCommandWriter {
  /// Writes one argument: a number, or nothing.
  fileprivate mutating func write(_ number: Int64?) {
    if let number { write(number) } else { write("" as StaticString) }
  }
}

extension RedisReplyShape {
  /// Reads the reply of a script on a claim: its first number says which reply it is.
  static func readClaim(_ reply: borrowing RESPReply) -> StoreReply {
    func number(_ index: Int) -> Int64? {
      guard index < reply.nodes.count else { return nil }
      let node = reply.nodes[index]
      return node.kind == .integer ? node.integer : nil
    }
    switch number(1) {
    case 0:
      let isOwned = reply.nodes.count > 2 && reply.nodes[2].kind == .string
      let owner = isOwned ? String(buffer: reply.slice(of: reply.nodes[2])) : nil
      return .claim(.state(ClaimState(owner: owner, fence: number(3), expiresAtMs: number(4))))
    case 1:
      guard let fence = number(2), let end = number(3) else { break }
      return .claim(.held(fence: fence, expiresAtMs: end))
    case 2:
      guard let place = number(2), let isFirst = number(3), let rest = number(4) else { break }
      return .claim(
        .waiting(ClaimPlace(number: place, isFirst: isFirst == 1, remainingMs: rest)))
    case 3:
      return .done
    case -1:
      return .failure(RPCError(.claimNotHeld))
    case -2:
      return .failure(RPCError(.fenceStale))
    case -3:
      return .failure(.tooManyClaimWaiters)
    default:
      break
    }
    return .failure(RPCError(.internal, "Redis answered a claim with something else"))
  }
}
