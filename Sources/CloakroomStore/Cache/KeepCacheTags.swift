package import CloakroomCore
package import CloakroomRedis
internal import NIOCore

/// Reads a service's counter of invalidations and tags of it, makes those that are not there yet, and has them
/// live as long as an entry that is to carry the number.
///
/// A tag that is missing is made with the counter's number: what carries less may have been invalidated under
/// a number that the store has lost, and is void.
package struct KeepCacheTags: StoreStep {
  /// What was read.
  package struct Reply: Sendable, Equatable {
    /// What an entry or a lease carries that is made now.
    package let number: Int64
    /// The tags in their order.
    package let states: [CacheTagState]

    package init(number: Int64, states: [CacheTagState]) {
      self.number = number
      self.states = states
    }
  }

  package let counter: StoreKey
  package let tags: [StoreKey]
  /// How long they have to live at least, in milliseconds.
  package let lifeMs: Int64

  package var weight: Int { 1 + tags.count }

  package init(_ counter: StoreKey, _ tags: [StoreKey], lifeMs: Int64) {
    self.counter = counter
    self.tags = tags
    self.lifeMs = max(lifeMs, CacheTagState.leastLifeMs)
  }

  /// Tag by tag: an invalidation in between has a greater number than what is answered, and what carries that
  /// is void.
  package func perform(in store: MemoryStore) throws(RPCError) -> Reply {
    let time = store.timeMs.multipliedReportingOverflow(by: 1000).partialValue
    let number = try store.change(counter) {
      (table, key, now) throws(MemoryBudget.Exhausted) -> Int64 in
      if let number = table.value(of: key, at: now).flatMap({ Int64(String(buffer: $0)) }) {
        return number
      }
      let end = Deadline(at: now &+ CacheTagState.counterLifeMs)
      try table.put(key, ByteBuffer(string: "\(time)"), until: end, at: now, evenIfFull: false)
      return time
    }
    var states: [CacheTagState] = []
    for tag in tags {
      states.append(
        try store.change(tag) { (table, key, now) throws(MemoryBudget.Exhausted) in
          let end = Deadline(at: now &+ lifeMs &+ CacheTagState.leastLifeMs)
          if let (value, ttlMs) = table.entry(of: key, at: now), let state = CacheTagState(value) {
            if let ttlMs, ttlMs < lifeMs {
              try table.put(key, value, until: end, at: now, evenIfFull: true)
            }
            return state
          }
          let state = CacheTagState(hard: number)
          try table.put(key, state.text, until: end, at: now, evenIfFull: false)
          return state
        })
    }
    return Reply(number: number, states: states)
  }

  /// A life is made longer than it has to be, so that most sets only look.
  ///
  /// KEYS: the counter, the tags. ARGV: the life (ms), what is added to it (ms), the counter's life (ms).
  /// → {number, tags…}
  package static let redis = RedisForm.script(
    .idempotentWrite,
    """
    \(RedisScripts.whole)
    local life, counted = tonumber(ARGV[1]), whole(redis.call('GET', KEYS[1]))
    local number = counted
    if not number then
      local clock = redis.call('TIME')
      number = clock[1] * 1000000 + clock[2]
      \(RedisScripts.need("'SET', KEYS[1], '0', 'PX', '1'"))
    end
    number = string.format('%.0f', number)
    local reply, kept, made = {number}, {}, {}
    local total = string.format('%.0f', life + ARGV[2])
    for place = 2, #KEYS do
      local key = KEYS[place]
      local state = redis.call('GET', key)
      if not state then
        state = number .. ' 0'
        made[#made + 1] = place
        \(RedisScripts.need("'SET', key, '0', 'PX', '1'"))
      elseif redis.call('PTTL', key) < life then
        kept[#kept + 1] = key
        \(RedisScripts.need("'PEXPIRE', key, '1'"))
      end
      reply[place] = state
    end
    if not counted then redis.call('SET', KEYS[1], number, 'PX', ARGV[3]) end
    for _, place in ipairs(made) do redis.call('SET', KEYS[place], reply[place], 'PX', total) end
    for _, key in ipairs(kept) do redis.call('PEXPIRE', key, total) end
    return reply
    """)

  package var keys: [StoreKey] { [counter] + tags }

  package var arguments: [RedisArgument] {
    [
      .number(lifeMs), .number(CacheTagState.leastLifeMs), .number(CacheTagState.counterLifeMs),
    ]
  }

  package static func read(_ reply: borrowing RESPReply) throws(RPCError) -> Reply? {
    var reader = RESPReplyReader(reply)
    guard let count = reader.array(), count > 0, let text = reader.text() else { return nil }
    guard let number = Int64(text) else { return nil }
    var states: [CacheTagState] = []
    for _ in 1..<count {
      guard let text = reader.slice() else { return nil }
      guard let state = CacheTagState(text) else { throw .notACacheTag }
      states.append(state)
    }
    return Reply(number: number, states: states)
  }

  package static func byteCount(of reply: Reply) -> Int { 16 * reply.states.count }
}

extension RPCError {
  /// Somebody else has written something under a tag's name.
  static let notACacheTag = RPCError(
    .storeRefused, "what is stored under that tag's name is none",
    details: [.text("code", "NOTATAG")])
}
