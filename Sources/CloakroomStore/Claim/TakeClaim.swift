public import CloakroomCore
package import CloakroomRedis

/// Takes a claim, unless somebody holds it or others wait for it; OVERLOADED when too many wait.
///
/// An owner that holds the claim already doesn't wait for itself: it is told at once how it stands.
package struct TakeClaim: StoreStep {
  /// What asking for a claim came to.
  package enum Reply: Sendable, Equatable {
    /// The owner that asked holds the claim.
    case held(ClaimHold)
    /// How the claim stands; the owner that asked for it doesn't hold it.
    case state(ClaimState)
    /// The request stands in the queue, and is to be made again.
    case waiting(ClaimPlace)
  }

  package let key: StoreKey
  package let request: ClaimRequest

  package init(_ key: StoreKey, _ request: ClaimRequest) {
    self.key = key
    self.request = request
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> Reply {
    try store.claim(key, ifNone: nil) { (claim, moment) throws(MemoryBudget.Exhausted) in
      try claim.take(request, at: moment, charge: store.claims.chargeWaiter)
    }
  }

  /// It may be sent again: a ticket that was granted is answered as it was.
  ///
  /// ARGV: owner, life (ms), ticket, its number or '', patience (ms; '' doesn't wait), how many may
  /// wait, retention (ms).
  package static let redis = ClaimScript.form(
    .idempotentWrite, ClaimScript.queue,
    """
    local asking, id, patience, limit = ARGV[1], ARGV[3], tonumber(ARGV[5]), tonumber(ARGV[6])
    if held and field[4] == id then return {1, fence, ends} end
    local mine = tonumber(ARGV[4])
    if mine and waiter(mine) ~= id then mine = nil end
    local ahead = front()
    if not held and (not ahead or ahead == id) then
      if mine then remove(mine) end
      fence = math.max(fence + 1, clock[1] * 1000000 + clock[2])
      ends = now + tonumber(ARGV[2])
      commit(true, 'PEXPIREAT', text(ends + tonumber(ARGV[7])),
        'owner', asking, 'fence', text(fence), 'until', text(ends), 'call', id)
      return {1, fence, ends}
    end
    if not patience or (held and owner == asking) then
      if mine then leave(mine, id) else commit() end
      return {0, held and owner, fence > 0 and fence, held and ends}
    end
    if not mine then
      local others = redis.call('HLEN', key) - #gone
      for i = 1, 7 do if field[i] then others = others - 1 end end
      local known = whole(field[7]) or 0
      if others >= limit and known > now and known <= now + patience then
        commit()
        return {-3}
      end
      if others >= limit and sweep() >= limit then
        commit()
        redis.pcall('HSET', key, 'soonest', text(soonest or now))
        return {-3}
      end
      last = last + 1
      mine = last
    end
    waiters[mine] = id
    local isFirst = front() == id
    start = first
    commit(false, nil, nil, 'first', text(first), 'last', text(last),
      place(mine), text(now + patience) .. ':' .. id)
    return {2, mine, isFirst and 1 or 0, held and ends - now or 0}, true
    """)

  package var keys: [StoreKey] { [key] }

  package var arguments: [RedisArgument] {
    [
      .text(request.owner), .number(request.life.milliseconds), .text(request.ticket.id),
      .number(request.ticket.number), .number(request.wait?.patienceMs),
      .number(request.wait?.limit ?? 0), .number(ClaimState.retentionMs),
    ]
  }

  package static func read(_ reply: borrowing RESPReply) throws(RPCError) -> Reply? {
    switch try ClaimScript.read(reply) {
    case .held(let hold): .held(hold)
    case .state(let state): .state(state)
    case .waiting(let place): .waiting(place)
    case .done, nil: nil
    }
  }

  package static func isAnswer(_ reply: Reply) -> Bool {
    if case .waiting = reply { false } else { true }
  }

  package static func hasEffect(_ reply: Reply) -> Bool {
    if case .held = reply { true } else { false }
  }
}

/// A request's place in a claim's queue.
public struct ClaimPlace: Sendable, Equatable {
  /// What to ask again with.
  public let number: Int64
  /// Whether nobody waits before it.
  public let isFirst: Bool
  /// How long the claim is still held, in milliseconds; 0 when the first in the queue may have it.
  public let remainingMs: Int64

  /// Describes a place.
  public init(number: Int64, isFirst: Bool, remainingMs: Int64) {
    self.number = number
    self.isFirst = isFirst
    self.remainingMs = remainingMs
  }
}

extension RPCError {
  /// As many wait for a claim as may.
  public static let tooManyClaimWaiters = RPCError(
    .overloaded, "too many wait for that claim", retryAfterMs: 1000,
    details: [.text("limit", Limit.claimWaiters.name)], limit: .claimWaiters)
}
