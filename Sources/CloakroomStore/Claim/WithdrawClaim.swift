package import CloakroomCore
package import CloakroomRedis

/// Takes back a request for a claim: it waits no more, and what it was granted in the meantime is freed.
/// It is done also when there is nothing to take back.
package struct WithdrawClaim: StoreStep {
  package let key: StoreKey
  package let ticket: ClaimTicket

  package init(_ key: StoreKey, _ ticket: ClaimTicket) {
    self.key = key
    self.ticket = ticket
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> Done {
    try store.claim(key, ifNone: .success(Done())) { claim, moment in
      claim.withdraw(ticket, at: moment)
      return .success(Done())
    }
  }

  /// ARGV: ticket, its number or '', retention (ms).
  package static let redis = ClaimScript.form(
    .idempotentWrite, ClaimScript.queue,
    """
    local mine = tonumber(ARGV[2])
    if held and field[4] == ARGV[1] then
      free(ARGV[3])
    elseif mine and waiter(mine) == ARGV[1] then
      leave(mine, ARGV[1])
    else
      commit()
    end
    return {3}
    """)

  package var keys: [StoreKey] { [key] }

  package var arguments: [RedisArgument] {
    [.text(ticket.id), .number(ticket.number), .number(ClaimState.retentionMs)]
  }

  package static func read(_ reply: borrowing RESPReply) throws(RPCError) -> Done? {
    if case .done = try ClaimScript.read(reply) { Done() } else { nil }
  }
}
