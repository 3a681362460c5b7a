internal import CloakroomRedis

/// The steps on a part of the index of deadlines: a sorted set of names, each with the time in ms at which to
/// look at its record, and one of those that somebody is looking at, each with the time until when.
///
/// Whoever gives a name another deadline meanwhile adds it to the first, which is all that a reminder is
/// (`ZADD LT`). Both have one hash tag; the records are on other shards.
extension RedisScripts {
  static let deadlines = [takeDue, settleDue]

  /// ARGV: how many, for how many ms to hold them. → {ms that the first is late, until when they are
  /// held, names…}
  static let takeDue = script(
    """
    local due, held, clock = KEYS[1], KEYS[2], redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    local till = now + ARGV[2]
    local reply = {0, till}
    local found = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
    local left = redis.call('ZRANGEBYSCORE', held, '-inf', now, 'LIMIT', 0, ARGV[1] - #found / 2)
    if #found > 0 then
      reply[1] = math.floor(now - tonumber(found[2]))
      \(need("'ZREM', due, '0'"))
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

  /// ARGV: until when they are held, and for each: name, when to look again (ms, 0 for never).
  static let settleDue = script(
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
      \(need("'ZREM', held, '0'"))
    end
    for place = 1, #again do redis.call('ZADD', due, 'LT', again[place][1], again[place][2]) end
    for place = 1, #done do redis.call('ZREM', held, done[place]) end
    return 1
    """)
}
