internal import CloakroomRedis

/// The steps on an index of deadlines: a sorted set of names, each with the time in ms at which to look
/// at its record.
///
/// Of a name that was handed out the time ends in a half: until then it is somebody's. Whoever gives
/// it another deadline meanwhile takes the half away, and what comes of the look is not written then.
/// Each script is on the index alone, as the records are on other shards.
extension RedisScripts {
  static let deadlines = [remindOfDeadlines, takeDue, settleDue]

  /// ARGV: for each a name, and in how many ms to look. What is to be looked at earlier stays so.
  static let remindOfDeadlines = script(
    """
    local index, clock = KEYS[1], redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    if #ARGV > 2 then
      \(need("'ZSCORE', index, '0'"))
    end
    for place = 1, #ARGV, 2 do
      local name = ARGV[place]
      if redis.call('ZADD', index, 'LT', 'CH', now + ARGV[place + 1], name) == 0 then
        local time = tonumber(redis.call('ZSCORE', index, name))
        if time % 1 ~= 0 then redis.call('ZADD', index, math.floor(time), name) end
      end
    end
    return 1
    """)

  /// ARGV: how many, for how many ms to hold them. → {ms that the first is late, until when they are
  /// held, names…}
  static let takeDue = script(
    """
    local index, clock = KEYS[1], redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    local found = redis.call('ZRANGEBYSCORE', index, '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
    local till = now + ARGV[2]
    local reply = {0, till}
    if #found == 0 then return reply end
    reply[1] = math.floor(now - tonumber(found[2]))
    for place = 1, #found, 2 do
      redis.call('ZADD', index, till + 0.5, found[place])
      reply[#reply + 1] = found[place]
    end
    return reply
    """)

  /// ARGV: until when they are held, and for each: name, when to look again (ms, 0 for never).
  static let settleDue = script(
    gatheringWrites(
      """
      local index, held = KEYS[1], tonumber(ARGV[1]) + 0.5
      for place = 2, #ARGV, 2 do
        local name, time = ARGV[place], redis.call('ZSCORE', index, ARGV[place])
        if time and tonumber(time) == held then
          if ARGV[place + 1] == '0' then
            write('ZREM', index, name)
          else
            write('ZADD', index, ARGV[place + 1], name)
          end
        end
      end
      return 1
      """))
}
