internal import CloakroomCore
internal import CloakroomRedis

/// What the scripts of rate limits have in common.
///
/// All limits on one key are one string: for each window that is under way `<window> <TAT> <part> <limit>`,
/// with commas between them: the window in µs, and the TAT in µs by Redis' clock and parts of one more, of which
/// there are `limit` in one. It lives as long as the TAT of one of them is to come, to the millisecond,
/// rounded up: a limit without a key is untouched.
///
/// Lua's numbers are doubles: all that is added here is a whole number and stays below 2^53 (see
/// `RateLimit.init`), so nothing is rounded; what has to be multiplied or divided is so before, and only texts
/// that were made here are written. A TAT further ahead than the limit allows (of another limit, or from
/// before the clock was put back) counts as just at the end, and is written so even when nothing is taken: the
/// wait that is told counts from there.
///
/// ARGV, for each limit: the place of its key in KEYS, window (µs), limit, capacity (µs and parts), cost (µs and
/// parts). → {1 if they were taken, now (µs), and for each limit how far ahead its TAT was (µs, parts)}, or
/// {-1} when too many windows are under way on a key.
enum RateScript {
  /// When it is to Redis.
  static let clock = """
    local clock = redis.call('TIME')
    local now = clock[1] * 1000000 + clock[2]
    """

  /// Takes a limit that is the only one asked for and the only one on its key, as most are: the same as below,
  /// but without tables, which cost more than all the rest.
  ///
  /// What is written is whole numbers below 2^53; Redis writes them as such.
  static let single = """
    if #ARGV == 7 then
      local call, key, window, limit = redis.call, KEYS[1], ARGV[2], ARGV[3]
      local text = call('GET', key)
      local ahead, part, isAlone = 0, 0, true
      if text then
        local found, time, rest, parts = string.match(text, '^(%d+) (%d+) (%d+) (%d+)$')
        isAlone = found == window
        if isAlone then
          time = tonumber(time)
          if time >= now and time < 9007199254740992 then
            ahead, part = time - now, tonumber(rest)
            if part > 0 and parts ~= limit then ahead, part = ahead + 1, 0 end
          end
        end
      end
      if isAlone then
        local most, mostPart = tonumber(ARGV[4]), tonumber(ARGV[5])
        local after, last = ahead + ARGV[6], part + ARGV[7]
        if last >= tonumber(limit) then after, last = after + 1, last - limit end
        local isTaken = 1
        if after > most or (after == most and last > mostPart) then
          if ahead < most or (ahead == most and part <= mostPart) then return {0, now, ahead, part} end
          ahead, part = most, mostPart
          isTaken, after, last = 0, most, mostPart
        end
        local time = now + after
        local ends = time + 999
        if last > 0 then ends = ends + 1 end
        call('SET', key, string.format('%s %d %d %s', window, time, last, limit),
          'PXAT', (ends - ends % 1000) / 1000)
        return {isTaken, now, ahead, part}
      end
    end
    """

  /// Looks at all limits, and finds out whether all can be taken.
  static let look = """
    local states, counts, reply, fits, beyond = {}, {}, {0, now}, true, nil
    for place, key in ipairs(KEYS) do
      local state, count = {}, 0
      local text = redis.call('GET', key)
      if text then
        for window, time, part, limit in string.gmatch(text, '(%d+) (%d+) (%d+) (%d+)') do
          time = tonumber(time)
          if time >= now and time < 9007199254740992 then
            state[window] = {time - now, tonumber(part), limit}
            count = count + 1
          end
        end
      end
      states[place], counts[place] = state, count
    end
    for i = 1, #ARGV, 7 do
      local place, window, limit = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2]
      local most, mostPart = tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])
      local state, ahead, part = states[place], 0, 0
      local found = state[window]
      if found then
        ahead, part = found[1], found[2]
        if part > 0 and found[3] ~= limit then ahead, part = ahead + 1, 0 end
        if ahead > most or (ahead == most and part > mostPart) then
          ahead, part = most, mostPart
          beyond = beyond or {}
          beyond[place] = true
        end
      else
        counts[place] = counts[place] + 1
        if counts[place] > \(RateState.windowLimit) then return {-1} end
      end
      reply[#reply + 1] = ahead
      reply[#reply + 1] = part
      ahead, part = ahead + ARGV[i + 5], part + ARGV[i + 6]
      if part >= tonumber(limit) then ahead, part = ahead + 1, part - limit end
      if ahead > most or (ahead == most and part > mostPart) then fits = false end
      state[window] = {ahead, part, limit}
    end
    """

  /// Writes what was taken, or, where nothing was, the keys with a TAT that was too far ahead.
  static let write = """
    if fits then
      reply[1] = 1
      for place = 2, #KEYS do
        \(RedisScripts.need("'SET', KEYS[place], '0', 'PXAT', '1'"))
      end
    elseif beyond then
      for i = 1, #ARGV, 7 do
        local at = 3 + (i - 1) / 7 * 2
        states[tonumber(ARGV[i])][ARGV[i + 1]] = {reply[at], reply[at + 1], ARGV[i + 2]}
      end
    else
      return reply
    end
    for place, key in ipairs(KEYS) do
      if fits or beyond[place] then
        local text, last = {}, 0
        for window, entry in pairs(states[place]) do
          local time = now + entry[1]
          text[#text + 1] = string.format('%s %.0f %.0f %s', window, time, entry[2], entry[3])
          if entry[2] > 0 then time = time + 1 end
          if time > last then last = time end
        end
        last = last + 999
        redis.call('SET', key, table.concat(text, ','),
          'PXAT', string.format('%.0f', (last - last % 1000) / 1000))
      end
    end
    return reply
    """

  /// The names that limits are on, each once, and what the scripts get for them.
  static func names(_ demands: [RateDemand]) -> [StoreKey] {
    var names: [StoreKey] = []
    for demand in demands where !names.contains(demand.key) { names.append(demand.key) }
    return names
  }

  /// What the scripts get behind the names.
  static func arguments(_ demands: [RateDemand]) -> [RedisArgument] {
    let names = names(demands)
    var arguments: [RedisArgument] = []
    arguments.reserveCapacity(7 * demands.count)
    for demand in demands {
      let (limit, cost) = (demand.limit, demand.cost)
      arguments += [
        .number((names.firstIndex(of: demand.key) ?? 0) + 1), .number(limit.windowMicroseconds),
        .number(limit.limit), .number(limit.capacity.microseconds), .number(limit.capacity.part),
        .number(cost.microseconds), .number(cost.part),
      ]
    }
    return arguments
  }

  /// Reads what a script answers; nil for anything else.
  ///
  /// - Throws: INVALID_PARAMS when too many windows are under way on a key.
  static func read(_ reply: borrowing RESPReply) throws(RPCError) -> RateLook? {
    var reader = RESPReplyReader(reply)
    guard let count = reader.array(), let isTaken = reader.integer() else { return nil }
    guard isTaken >= 0 else { throw .tooManyRateWindows }
    guard count % 2 == 0, let now = reader.integer() else { return nil }
    var ahead: [RateSpan] = []
    ahead.reserveCapacity(count / 2 - 1)
    for _ in 1..<count / 2 {
      guard let microseconds = reader.integer(), let part = reader.integer() else { return nil }
      ahead.append(RateSpan(microseconds: microseconds, part: part))
    }
    return RateLook(isTaken: isTaken == 1, atMicroseconds: now, ahead: ahead)
  }
}
