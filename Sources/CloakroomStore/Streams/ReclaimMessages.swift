package import CloakroomCore
package import CloakroomRedis
internal import NIOCore

/// Hands a consumer messages of its group that another has had in hand for too long; those that were
/// handed over too often are moved to the dead letters. NOT_FOUND without such a group.
package struct ReclaimMessages: StoreStep {
  /// What was found.
  package struct Reply: Sendable, Equatable {
    /// Messages in the order of their ids.
    package let messages: [StreamMessage]
    /// How many others were moved to the dead letters.
    package let deadLettered: Int
  }

  /// How many messages are moved away or dropped at most.
  static let mostDisposals = 1000

  package let key: StoreKey
  package let reader: StreamReader
  package let portion: StreamPortion
  package let minIdleMs: Int64
  package let maxDeliveries: Int64?

  package init(
    _ key: StoreKey, _ reader: StreamReader, _ portion: StreamPortion, minIdleMs: Int64,
    maxDeliveries: Int64?
  ) {
    self.key = key
    self.reader = reader
    self.portion = portion
    self.minIdleMs = minIdleMs
    self.maxDeliveries = maxDeliveries
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> Reply {
    let found = try store.withStreams {
      (streams) throws(MemoryBudget.Exhausted) -> MemoryStream.Reclaimed? in
      let now = streams.now
      let reclaimed = try streams.change(key) { (stream) throws(MemoryBudget.Exhausted) in
        try stream.reclaim(
          reader, portion, minIdleMs: minIdleMs, maxDeliveries: maxDeliveries, at: now)
      }
      guard let found = reclaimed ?? nil else { return nil }
      bury(found.letters, in: &streams)
      return found
    }
    guard let found else { throw .noGroup }
    if !found.letters.isEmpty { store.bus.publish(key.deadLetters, ByteBuffer()) }
    return Reply(messages: found.messages, deadLettered: found.letters.count)
  }

  /// Moves what was handed over too often to the dead letters, which live as long as the stream.
  private func bury(_ letters: [MemoryStream.Entry], in streams: inout MemoryStreams.Locked) {
    guard !letters.isEmpty, let deadline = streams.deadline(of: MemoryKey(borrowing: key)) else {
      return
    }
    let dead = key.deadLetters
    let name = MemoryKey(borrowing: dead)
    // Past the budget if need be: the messages have been taken out of the group already, and a few
    // hundred bytes are no reason to lose them.
    if streams.deadline(of: name) == nil { streams.insist(on: name, until: deadline) }
    let time = streams.time
    streams.change(dead) { $0.adopt(letters, at: time) }
    streams.postpone(name, to: deadline)
  }

  /// XCLAIM of what has been in hand for too long, but for what was handed over too often: that is
  /// moved to the dead letters. What is no longer in the stream is dropped.
  ///
  /// ARGV: group, consumer, idle ms, count, bytes, how many to move or drop at most, and how often a
  /// message may be handed over; the dead letters are KEYS[2] and not given without that.
  /// → how many were moved, and an array of a number of deliveries, an id and its fields.
  package static let redis = RedisForm.script(
    .write,
    """
    local key, dead, group, consumer, idle = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]
    local count, most, disposals = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
    local deliveries = tonumber(ARGV[7])
    local messages, bytes, moved, dropped, from = {}, 0, 0, 0, '-'
    local rest, failure
    -- What is refused later would be refused half way.
    local function prepare()
      rest = redis.call('PTTL', key)
      redis.call('XLEN', dead)
      \(RedisScripts.need("'XRANGE', key, '-', '+'"))
      \(RedisScripts.need("'XCLAIM', key, group, consumer, '0', '0'"))
      \(RedisScripts.need("'XADD', dead, '*', 'id', ''"))
      \(RedisScripts.need("'XACK', key, group, '0'"))
      if rest >= 0 then
        \(RedisScripts.need("'PEXPIRE', dead, '0'"))
      else
        \(RedisScripts.need("'PERSIST', dead"))
      end
    end
    -- Whether the entry is gone from the group; a dead letter that can't be written leaves it there.
    local function dispose(id, number)
      local kept = redis.call('XRANGE', key, id, id)[1]
      if kept then
        -- What others wrote may have more fields than Lua can pass on.
        local last = math.min(#kept[2], 1000)
        local reply = redis.pcall('XADD', dead, '*', 'id', id, 'group', group, 'deliveries', number,
          unpack(kept[2], 1, last))
        if type(reply) == 'table' then
          failure = reply
          return
        end
        moved = moved + 1
      else
        dropped = dropped + 1
      end
      redis.call('XACK', key, group, id)
    end
    while #messages < count and bytes < most and moved + dropped < disposals and not failure do
      local found = redis.call('XPENDING', key, group, 'IDLE', idle, from, '+', count - #messages)
      if #found == 0 then break end
      if deliveries and not rest then prepare() end
      for _, entry in ipairs(found) do
        local id = entry[1]
        from = '(' .. id
        if deliveries and entry[4] >= deliveries then
          dispose(id, entry[4])
        else
          local claimed = redis.call('XCLAIM', key, group, consumer, idle, id)[1]
          if claimed then
            messages[#messages + 1] = {entry[4] + 1, claimed[1], claimed[2]}
            for _, part in ipairs(claimed[2]) do bytes = bytes + #part end
          else
            dropped = dropped + 1
          end
        end
        if failure or bytes >= most or moved + dropped >= disposals then break end
      end
    end
    -- With nothing done before it; else the next call meets it first.
    if failure and #messages + moved + dropped == 0 then return failure end
    if moved > 0 then
      if rest >= 0 then redis.call('PEXPIRE', dead, rest) else redis.call('PERSIST', dead) end
      redis.pcall('PUBLISH', dead, '')
    end
    return {moved, messages}
    """)

  package var keys: [StoreKey] { maxDeliveries == nil ? [key] : [key, key.deadLetters] }

  package var arguments: [RedisArgument] {
    var arguments: [RedisArgument] = [
      .text(reader.group), .text(reader.consumer), .number(minIdleMs), .number(portion.count),
      .number(portion.bytes), .number(Self.mostDisposals),
    ]
    if let maxDeliveries { arguments.append(.number(maxDeliveries)) }
    return arguments
  }

  package static func read(_ reply: borrowing RESPReply) -> Reply? {
    var reader = RESPReplyReader(reply)
    guard reader.array() == 2, let moved = reader.integer(), let count = reader.array() else {
      return nil
    }
    var messages: [StreamMessage] = []
    messages.reserveCapacity(count)
    for _ in 0..<count {
      guard reader.array() == 3, let deliveries = reader.integer(),
        let message = reader.message(deliveries: deliveries)
      else { return nil }
      messages.append(message)
    }
    return Reply(messages: messages, deadLettered: Int(clamping: moved))
  }

  package static func hasEffect(_ reply: Reply) -> Bool { !reply.messages.isEmpty }
  package static func byteCount(of reply: Reply) -> Int { reply.messages.byteCount }
}
