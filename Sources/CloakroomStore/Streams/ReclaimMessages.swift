package import CloakroomCore
package import CloakroomRedis
internal import NIOCore

/// Hands a consumer messages of its group that another has had in hand for too long; those that were
/// handed over too often are moved to the dead letters. NOT_FOUND without such a group.
///
/// A step does a bounded piece of work. One that has found nothing in it says where to go on.
package struct ReclaimMessages: StoreStep {
  /// What was found.
  package struct Reply: Sendable, Equatable {
    /// Messages in the order of their ids.
    package let messages: [StreamMessage]
    /// How many others were moved to the dead letters.
    package let deadLettered: Int
    /// Behind which message the way goes on; nil where something was found, or all was looked at.
    package let next: StreamID?

    package init(messages: [StreamMessage], deadLettered: Int, next: StreamID? = nil) {
      self.messages = messages
      self.deadLettered = deadLettered
      self.next = messages.isEmpty && deadLettered == 0 ? next : nil
    }
  }

  /// How many messages are moved away or dropped at most in memory.
  static let mostDisposals = 1000
  /// How much work Redis does in one step: to pass over a message is 1, and some thousand take it 1 ms.
  static let work = 1000

  package let weight = ReclaimMessages.work / 25
  package let key: StoreKey
  package let reader: StreamReader
  package let portion: StreamPortion
  package let minIdleMs: Int64
  package let maxDeliveries: Int64?
  /// Behind which message to begin; nil is with the first.
  package let start: StreamID?

  package init(
    _ key: StoreKey, _ reader: StreamReader, _ portion: StreamPortion, minIdleMs: Int64,
    maxDeliveries: Int64?, after start: StreamID? = nil
  ) {
    self.start = start
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
    // What was dropped is not met again.
    return Reply(
      messages: found.messages, deadLettered: found.letters.count,
      next: found.hasMore ? .zero : nil)
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

  /// The step that goes on behind a message.
  package func after(_ id: StreamID) -> ReclaimMessages {
    ReclaimMessages(
      key, reader, portion, minIdleMs: minIdleMs, maxDeliveries: maxDeliveries, after: id)
  }

  /// XCLAIM of what has been in hand for too long, but for what was handed over too often: that is
  /// moved to the dead letters. What is no longer in the stream is dropped.
  ///
  /// XPENDING's own IDLE would look through all that is in hand in one go. This goes along it in pieces, and not to
  /// the end: messages are handed over for the first time in the order of their ids, so behind one that was handed
  /// over once, and not long enough ago, there is none that was longer ago. Many of them are taken for a sign, not
  /// one: other programs' XCLAIM may leave the count as it was (JUSTID). And one without idle time is none: the
  /// server's clock may have been set back.
  ///
  /// ARGV: group, consumer, idle ms, count, bytes, how much work, where to begin, and how often a
  /// message may be handed over; the dead letters are KEYS[2] and not given without that.
  /// → how many were moved, an array of a number of deliveries, an id and its fields, and the last id that was looked
  /// at, '' at the end. Having found nothing before that is no answer to be kept.
  package static let redis = RedisForm.script(
    .write,
    """
    local key, dead, group, consumer, idle = KEYS[1], KEYS[2], ARGV[1], ARGV[2], tonumber(ARGV[3])
    local count, most, work, from = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
    local deliveries = tonumber(ARGV[8])
    local messages, bytes, moved, dropped, recent, piece, last = {}, 0, 0, 0, 0, 4, nil
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
    local function take(entry)
      if deliveries and not rest then prepare() end
      if deliveries and entry[4] >= deliveries then
        work = work - 10
        return dispose(entry[1], entry[4])
      end
      work = work - 5
      local claimed = redis.call('XCLAIM', key, group, consumer, ARGV[3], entry[1])[1]
      if claimed then
        messages[#messages + 1] = {entry[4] + 1, claimed[1], claimed[2]}
        for _, part in ipairs(claimed[2]) do bytes = bytes + #part end
      else
        dropped = dropped + 1
      end
    end
    local function isFull()
      return failure or work <= 0 or #messages >= count or bytes >= most
    end
    local isOver = false
    while not isOver and not isFull() do
      local found = redis.call('XPENDING', key, group, from, '+', piece)
      isOver = #found < piece
      piece = math.min(2 * piece, 128)
      for _, entry in ipairs(found) do
        work = work - 1
        last = entry[1]
        from = '(' .. last
        if entry[3] >= idle then
          recent = 0
          take(entry)
        elseif entry[4] == 1 and entry[3] > 0 then
          recent = recent + 1
        end
        if recent == 64 then
          isOver = true
          break
        end
        if isFull() then
          isOver = false
          break
        end
      end
    end
    -- With nothing done before it; else the next call meets it first.
    if failure and #messages + moved + dropped == 0 then return failure end
    if moved > 0 then
      if rest >= 0 then redis.call('PEXPIRE', dead, rest) else redis.call('PERSIST', dead) end
      redis.pcall('PUBLISH', dead, '')
    end
    local isAnswer = isOver or failure ~= nil or #messages + moved > 0
    return {moved, messages, isAnswer and '' or last}, not isAnswer
    """)

  package var keys: [StoreKey] { maxDeliveries == nil ? [key] : [key, key.deadLetters] }

  package var arguments: [RedisArgument] {
    var arguments: [RedisArgument] = [
      .text(reader.group), .text(reader.consumer), .number(minIdleMs), .number(portion.count),
      .number(portion.bytes), .number(Self.work), .text(start.map { "(\($0.text)" } ?? "-"),
    ]
    if let maxDeliveries { arguments.append(.number(maxDeliveries)) }
    return arguments
  }

  package static func read(_ reply: borrowing RESPReply) -> Reply? {
    var reader = RESPReplyReader(reply)
    guard reader.array() == 3, let moved = reader.integer(), let count = reader.array() else {
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
    guard let last = reader.text() else { return nil }
    return Reply(messages: messages, deadLettered: Int(clamping: moved), next: StreamID(last))
  }

  package static func isAnswer(_ reply: Reply) -> Bool { reply.next == nil }
  package static func hasEffect(_ reply: Reply) -> Bool {
    !reply.messages.isEmpty || reply.deadLettered > 0
  }
  package static func byteCount(of reply: Reply) -> Int { reply.messages.byteCount }
}
