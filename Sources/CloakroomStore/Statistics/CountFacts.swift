package import CloakroomCore
package import CloakroomRedis
internal import NIOCore

/// Counts facts of a session, each once however often and by however many sidecars it is sent: the number of
/// the last that was counted is kept for each session, and those up to it are passed over.
package struct CountFacts: StoreStep {
  /// What came of it.
  package enum Reply: Sendable, Equatable {
    /// All are counted.
    case counted
    /// Earlier ones are not, and so none was: all are to be sent.
    case earlierMissing
  }

  package let statistics: FlowStatistics
  /// The session's ref; kept as 16 bytes of the 32 that it stands for.
  package let session: String
  /// The flow's version that it is on.
  package let version: Int64
  /// When the session was made, in milliseconds since 1970.
  package let createdAtMs: Int64
  package let facts: FlowFacts
  /// Whether there are no earlier ones any more: what is there is counted whatever is missing.
  package let areAll: Bool
  /// Until when it is remembered what was counted, in milliseconds since 1970: past the last moment at which
  /// a fact of the session may be sent again.
  package let keptUntilMs: Int64

  package init(
    _ statistics: FlowStatistics, session: String, version: Int64, createdAtMs: Int64,
    _ facts: FlowFacts, areAll: Bool, keptUntilMs: Int64
  ) {
    self.statistics = statistics
    self.session = session
    self.version = version
    self.createdAtMs = createdAtMs
    self.facts = facts
    self.areAll = areAll
    self.keptUntilMs = keptUntilMs
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> Reply {
    try store.findingRoom { () throws(MemoryBudget.Exhausted) in
      try store.counts.count(self)
    }
  }

  /// The name of what was counted of which session.
  var seen: StoreKey { statistics.seen(hour: createdAtMs / FlowStatistics.hourMs) }

  /// The hours of the facts.
  var hours: [Int64] { Set(facts.recent.map(\.hour)).sorted() }

  /// The session's field in `seen`.
  var field: ByteBuffer {
    var bytes = ByteBuffer()
    var rest = session.utf8.prefix(32)
    while rest.count >= 2 {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      bytes.writeInteger(UInt8(digits, radix: 16) ?? 0)
      rest = rest.dropFirst(2)
    }
    return bytes
  }

  package var keys: [StoreKey] {
    [seen, statistics.live] + hours.map { statistics.hour($0) }
  }

  package var arguments: [RedisArgument] {
    let hours = hours
    var arguments: [RedisArgument] = [
      .bytes(field), .number(version), .number(keptUntilMs), areAll ? "1" : "0",
      .number(facts.first), .number(facts.last),
    ]
    arguments += hours.map { .number(FlowStatistics.keptUntilMs(hour: $0)) }
    for fact in facts.recent {
      let fields = fact.fields(version: version)
      arguments.append(.number((hours.firstIndex(of: fact.hour) ?? 0) + 3))
      arguments.append(.number(fact.live))
      arguments.append(.number(fields.count))
      arguments += fields.map { .text($0) }
    }
    return arguments
  }

  /// KEYS: seen, live, hours. ARGV: the session, the version, until when seen and live are kept at least (ms),
  /// 1 when there are no earlier facts, the numbers of the first and the last fact; until when each hour is
  /// kept (ms); and for each fact: the place of its hour in KEYS, by how many more live, how many fields, the
  /// fields. → 1, or 0 when earlier ones are missing.
  package static let redis = RedisForm.script(
    .idempotentWrite,
    """
    \(RedisScripts.whole)
    local seen, live, session = KEYS[1], KEYS[2], ARGV[1]
    local first, last = tonumber(ARGV[5]), tonumber(ARGV[6])
    local done = whole(redis.call('HGET', seen, session)) or 0
    if last <= done then return 1 end
    if first > done + 1 and ARGV[4] ~= '1' then return 0 end
    local longer = {}
    for place = 1, #KEYS do
      local name, till = KEYS[place], place > 2 and ARGV[4 + place] or ARGV[3]
      if place > 1 then
        redis.call('HLEN', name)
        \(RedisScripts.need("'HINCRBY', name, '0', '1'"))
      end
      if redis.call('PEXPIRETIME', name) < tonumber(till) then
        \(RedisScripts.need("'PEXPIREAT', name, '1'"))
        longer[#longer + 1] = {name, till}
      end
    end
    redis.call('HSET', seen, session, last)
    local place, alive = 5 + #KEYS, 0
    for number = first, last do
      local hour, more, count = KEYS[tonumber(ARGV[place])], ARGV[place + 1], ARGV[place + 2]
      place = place + 3
      for field = place, place + count - 1 do
        if number > done then redis.call('HINCRBY', hour, ARGV[field], 1) end
      end
      if number > done then alive = alive + more end
      place = place + count
    end
    if alive ~= 0 then redis.call('HINCRBY', live, ARGV[2], alive) end
    for place = 1, #longer do redis.call('PEXPIREAT', longer[place][1], longer[place][2]) end
    return 1
    """)

  package static func read(_ reply: borrowing RESPReply) -> Reply? {
    var reader = RESPReplyReader(reply)
    return reader.integer().map { $0 == 1 ? .counted : .earlierMissing }
  }

  package static func hasEffect(_ reply: Reply) -> Bool { reply == .counted }
}
