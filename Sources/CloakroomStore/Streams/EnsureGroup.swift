package import CloakroomCore
package import CloakroomRedis

/// Sees to it that a stream has a group, and that there is a stream for it, which gets `life` if it is
/// new. → whether the group is new
package struct EnsureGroup: StoreStep {
  /// How many groups a stream has at most. One more is STORE_REFUSED, code `GROUPS`.
  package static let mostGroups = 1000

  package let key: StoreKey
  package let group: String
  package let start: StreamStart
  package let life: TimeToLive

  package init(_ key: StoreKey, group: String, from start: StreamStart, life: TimeToLive) {
    self.key = key
    self.group = group
    self.start = start
    self.life = life
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> Bool {
    let isNew = try store.withStreams { (streams) throws(MemoryBudget.Exhausted) -> Bool? in
      let deadline = Deadline(after: life, from: streams.now)
      return try streams.changeOrMake(MemoryKey(borrowing: key), until: deadline) {
        (stream) throws(MemoryBudget.Exhausted) in
        try stream.ensure(group, from: start)
      }
    }
    guard let isNew else { throw .tooManyGroups }
    return isNew
  }

  /// XGROUP CREATE that takes a group that is there for made, and gives a new stream a life. To repeat
  /// it is to find the group made.
  ///
  /// ARGV: group, where it begins, ms, how many groups there may be.
  /// → 1 made, 0 it was there, -1 there are too many.
  package static let redis = RedisForm.script(
    .idempotentWrite,
    """
    local key, group = KEYS[1], ARGV[1]
    -- The cheapest question to which a group that is there gives no error.
    local there = redis.pcall('XPENDING', key, group, '-', '+', 0)
    if not there.err then return 0 end
    if there.err:sub(1, 7) ~= 'NOGROUP' then return there end
    if redis.call('EXISTS', key) == 0 then
      \(RedisScripts.need("'PEXPIRE', key, '0'"))
      redis.call('XGROUP', 'CREATE', key, group, ARGV[2], 'MKSTREAM')
      redis.call('PEXPIRE', key, ARGV[3])
      return 1
    end
    local about = redis.call('XINFO', 'STREAM', key)
    for place = 1, #about, 2 do
      if about[place] == 'groups' and about[place + 1] >= tonumber(ARGV[4]) then return -1 end
    end
    redis.call('XGROUP', 'CREATE', key, group, ARGV[2])
    return 1
    """)

  package var keys: [StoreKey] { [key] }

  package var arguments: [RedisArgument] {
    let from: RedisArgument =
      switch start {
      case .after(let id): .text(id.text)
      case .end: "$"
      }
    return [.text(group), from, .number(life.milliseconds), .number(Self.mostGroups)]
  }

  package static func read(_ reply: borrowing RESPReply) throws(RPCError) -> Bool? {
    var reader = RESPReplyReader(reply)
    guard let made = reader.integer() else { return nil }
    if made < 0 { throw .tooManyGroups }
    return made == 1
  }

  package static func hasEffect(_ isNew: Bool) -> Bool { isNew }
}

/// Where a group begins to read.
public enum StreamStart: Sendable, Hashable {
  /// With the first message behind an id.
  case after(StreamID)
  /// With the next message to be appended.
  case end
}

extension RPCError {
  /// A stream has as many groups as it may have.
  fileprivate static let tooManyGroups = RPCError(
    .storeRefused, "a stream has at most \(EnsureGroup.mostGroups) groups",
    details: [.text("code", "GROUPS")])
}
