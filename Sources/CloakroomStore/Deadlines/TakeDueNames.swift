package import CloakroomCore
package import CloakroomRedis

/// Hands out the names of records whose time has come, earliest first and `limit` at most. They are held back
/// from others for `holdMs` milliseconds: if that sidecar dies meanwhile, another takes them after it.
package struct TakeDueNames: StoreStep {
  /// What is due.
  package struct Reply: Sendable, Equatable {
    /// The names.
    package var names: [StoreKey] = []
    /// What they are held by; to be handed back with `SettleDueNames`.
    package var hold: Int64 = 0
    /// For how long the earliest has been due, in milliseconds.
    package var lateMs: Int64 = 0
    /// Whether there may be more of them.
    package var isMore = false
  }

  package let part: DeadlinePart
  package let limit: Int
  package let holdMs: Int64

  package init(_ part: DeadlinePart, limit: Int, holdMs: Int64) {
    self.part = part
    self.limit = limit
    self.holdMs = holdMs
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> Reply {
    store.deadlines.take(limit, holdMs, from: part, at: store.timeMs)
  }

  package var keys: [StoreKey] { [part.due, part.held] }
  package var arguments: [RedisArgument] { [.number(limit), .number(holdMs)] }

  /// ARGV: how many, for how many ms to hold them. → {ms that the first is late, until when they are
  /// held, names…}
  package static let redis = RedisForm.script(
    .write,
    """
    local due, held, clock = KEYS[1], KEYS[2], redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    local till = now + ARGV[2]
    local reply = {0, till}
    local found = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
    local left = redis.call('ZRANGEBYSCORE', held, '-inf', now, 'LIMIT', 0, ARGV[1] - #found / 2)
    if #found > 0 then
      reply[1] = math.floor(now - tonumber(found[2]))
      \(RedisScripts.need("'ZREM', due, '0'"))
    end
    for place = 1, #found, 2 do
      redis.call('ZADD', held, till, found[place])
      redis.call('ZREM', due, found[place])
      reply[#reply + 1] = found[place]
    end
    for place = 1, #left do
      redis.call('ZADD', held, till, left[place])
      reply[#reply + 1] = left[place]
    end
    return reply
    """)

  package static func read(_ reply: borrowing RESPReply) -> Reply? {
    var reader = RESPReplyReader(reply)
    guard let count = reader.array(), count >= 2, let late = reader.integer(),
      let hold = reader.integer()
    else { return nil }
    var due = Reply(hold: hold, lateMs: late)
    for _ in 2..<count {
      guard let name = reader.slice() else { return nil }
      due.names.append(StoreKey(bytes: name))
    }
    // Whether there are more, the next look tells; it costs one command and no more.
    due.isMore = !due.names.isEmpty
    return due
  }
}

/// Says when names that were handed out are to be looked at again, if ever. One that somebody else holds
/// by now is left as it is.
package struct SettleDueNames: StoreStep {
  /// What is to be done with a name that was due.
  package struct Settled: Sendable, Equatable {
    /// The name.
    package let name: StoreKey
    /// When to look at it again, in milliseconds since 1970 by the store's clock; nil is never.
    package let nextAtMs: Int64?

    package init(_ name: StoreKey, nextAtMs: Int64?) {
      self.name = name
      self.nextAtMs = nextAtMs
    }
  }

  package let part: DeadlinePart
  package let names: [Settled]
  package let hold: Int64

  package init(_ part: DeadlinePart, _ names: [Settled], hold: Int64) {
    self.part = part
    self.names = names
    self.hold = hold
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> Done {
    store.deadlines.settle(names, hold: hold, in: part)
    return Done()
  }

  package var keys: [StoreKey] { [part.due, part.held] }

  package var arguments: [RedisArgument] {
    [.number(hold)] + names.flatMap { [.bytes($0.name.bytes), .number($0.nextAtMs ?? 0)] }
  }

  /// ARGV: until when they are held, and for each: name, when to look again (ms, 0 for never).
  package static let redis = RedisForm.script(
    .idempotentWrite,
    """
    local due, held, again, done = KEYS[1], KEYS[2], {}, {}
    for place = 2, #ARGV, 2 do
      local name, time = ARGV[place], redis.call('ZSCORE', held, ARGV[place])
      if time and tonumber(time) == tonumber(ARGV[1]) then
        done[#done + 1] = name
        if ARGV[place + 1] ~= '0' then again[#again + 1] = {ARGV[place + 1], name} end
      end
    end
    if #again > 0 then
      \(RedisScripts.need("'ZREM', held, '0'"))
    end
    for place = 1, #again do redis.call('ZADD', due, 'LT', again[place][1], again[place][2]) end
    for place = 1, #done do redis.call('ZREM', held, done[place]) end
    return 1
    """)

  package static func read(_ reply: borrowing RESPReply) -> Done? {
    reply.first.kind == .integer ? Done() : nil
  }
}
