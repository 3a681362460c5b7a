package import CloakroomCore
package import CloakroomRedis
internal import NIOCore

/// Raises tags to a new number of the service's counter: what carries a smaller one is void or, of a soft
/// invalidation, stale. What that is is not looked for, so that the time does not depend on how much there is.
///
/// A tag that is not there needs none: nothing that carries it is given, and making it gives it the
/// counter's number.
package struct InvalidateCacheTags: StoreStep {
  package let counter: StoreKey
  package let tags: [StoreKey]
  package let isSoft: Bool

  package var weight: Int { 1 + tags.count }

  package init(_ counter: StoreKey, _ tags: [StoreKey], isSoft: Bool) {
    self.counter = counter
    self.tags = tags
    self.isSoft = isSoft
  }

  /// → the number. Tag by tag: another invalidation that is faster has a greater number.
  package func perform(in store: MemoryStore) throws(RPCError) -> Int64 {
    let time = store.timeMs.multipliedReportingOverflow(by: 1000).partialValue
    let number = try store.change(counter) {
      (table, key, now) throws(MemoryBudget.Exhausted) -> Int64 in
      let last = table.value(of: key, at: now).flatMap { Int64(String(buffer: $0)) } ?? 0
      let number = max(last &+ 1, time)
      let end = Deadline(at: now &+ CacheTagState.counterLifeMs)
      try table.put(key, ByteBuffer(string: "\(number)"), until: end, at: now, evenIfFull: true)
      return number
    }
    for tag in tags {
      try store.change(tag) { (table, key, now) throws(MemoryBudget.Exhausted) in
        guard let (value, ttlMs) = table.entry(of: key, at: now) else { return }
        var state = CacheTagState(value) ?? CacheTagState(hard: number)
        if isSoft {
          state.soft = max(state.soft, number)
        } else {
          state.hard = max(state.hard, number)
        }
        let end = Deadline(at: now &+ max(ttlMs ?? 0, CacheTagState.leastLifeMs))
        try table.put(key, state.text, until: end, at: now, evenIfFull: true)
      }
    }
    return number
  }

  /// It may be sent again: what is invalidated twice is invalidated. A Redis that is full takes it, as `commit`
  /// is taken that ends something: what is written takes the place of what was there.
  ///
  /// KEYS: the counter, the tags. ARGV: 1 for soft, how long a tag lives at least (ms), the counter's life (ms).
  /// → the number
  package static let redis = RedisForm.script(
    .idempotentWrite,
    """
    \(RedisScripts.whole)
    local clock, least = redis.call('TIME'), tonumber(ARGV[2])
    local last = whole(redis.call('GET', KEYS[1])) or 0
    local number = string.format('%.0f', math.max(last + 1, clock[1] * 1000000 + clock[2]))
    local states, lives = {}, {}
    for place = 2, #KEYS do
      local key = KEYS[place]
      local state = redis.call('GET', key)
      if state then
        local hard, soft = string.match(state, '^(%d+) (%d+)$')
        if ARGV[1] == '1' then soft = number else hard = number end
        states[place] = (hard or number) .. ' ' .. (soft or '0')
        lives[place] = string.format('%.0f', math.max(redis.call('PTTL', key), least))
        \(RedisScripts.need("'SET', key, '0', 'PX', '1'"))
      end
    end
    local done = redis.pcall('SET', KEYS[1], number, 'PX', ARGV[3])
    if done.err then
      if not done.err:find('OOM', 1, true) then return done end
      redis.call('DEL', KEYS[1])
      redis.call('SET', KEYS[1], number, 'PX', ARGV[3])
    end
    for place, state in pairs(states) do
      redis.call('SET', KEYS[place], state, 'PX', lives[place])
    end
    return number
    """)

  package var keys: [StoreKey] { [counter] + tags }

  package var arguments: [RedisArgument] {
    [
      .number(isSoft ? 1 : 0), .number(CacheTagState.leastLifeMs),
      .number(CacheTagState.counterLifeMs),
    ]
  }

  package static func read(_ reply: borrowing RESPReply) -> Int64? {
    var reader = RESPReplyReader(reply)
    return reader.text().flatMap { Int64($0) }
  }
}
