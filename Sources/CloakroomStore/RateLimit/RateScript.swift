internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

/// The scripts of rate limits, and what they have in common.
///
/// All limits on one key are one string: for each window that is under way
/// `<window> <TAT> <part> <limit> <written>`, with commas between them: the window in µs, the TAT in µs by Redis'
/// clock and parts of one more, of which there are `limit` in one, and when that was written (µs; missing in what
/// an earlier version wrote). It lives as long as the TAT of one of them is to come, to the millisecond, rounded
/// up: a limit without a key is untouched.
///
/// Lua's numbers are doubles: all that is added here is a whole number and stays below 2^53 (see
/// `RateLimit.init`), so nothing is rounded; what has to be multiplied or divided is so before, and only texts
/// that were made here are written.
///
/// What is longer than all windows together is none of the sidecar's, and is taken for nothing: looking for numbers in
/// it could take Redis for ever.
///
/// A TAT that is further ahead than a limit allows is that of a larger burst, and stays as it is. Only if it was
/// written later than now, the clock has been put back since: then it is as far ahead as it was when it was
/// written, and is written so even when nothing is taken, as the wait that is told counts from now.
enum RateScript {
  /// How many bytes the limits of a key take at most, and some more.
  private static let longest = 160 * RateState.windowLimit

  /// When it is to Redis.
  static let clock = """
    local clock = redis.call('TIME')
    local now = clock[1] * 1000000 + clock[2]
    """

  /// Takes a limit that is the only one asked for and the only one on its key, as most are: the same as below,
  /// but without tables, which cost more than all the rest. What is left to the rest is made as that expects it.
  ///
  /// ARGV: window (µs), limit, capacity (µs), cost (µs), and where they have parts those of the capacity and of
  /// the cost. → what was written, or {0, now (µs), how far ahead the TAT is (µs, parts)} when nothing was taken.
  static let single = """
    local call, key = redis.call, KEYS[1]
    local window, limit, cost, costPart = ARGV[1], ARGV[2], ARGV[4], ARGV[6]
    local clock, text = call('TIME'), call('GET', key)
    local now = clock[1] * 1000000 + clock[2]
    local ahead, part, isAlone = 0, 0, true
    if text and #text <= \(longest) then
      local found, time, rest, parts = string.match(text, '^(%d+) (%d+) (%d+) (%d+) %d+$')
      isAlone = found == window
      if isAlone then
        time = tonumber(time)
        if time >= now and time < 9007199254740992 then
          ahead = time - now
          if rest ~= '0' then
            part = tonumber(rest)
            if parts ~= limit or part >= tonumber(limit) then ahead, part = ahead + 1, 0 end
          end
        end
      end
    end
    if isAlone then
      local most, mostPart = tonumber(ARGV[3]), 0
      local after, last = ahead + cost, part
      if costPart then
        last, mostPart = part + costPart, tonumber(ARGV[5])
        if last >= tonumber(limit) then after, last = after + 1, last - limit end
      end
      if after < most or (after == most and last <= mostPart)
        or (cost == '0' and (costPart or '0') == '0') then
        local time = now + after
        local ends = time + 999
        if last > 0 then ends = ends + 1 end
        text = string.format('%s %d %d %s %d', window, time, last, limit, now)
        call('SET', key, text, 'PXAT', string.format('%d', ends / 1000))
        return text
      end
      if ahead <= most or tonumber(string.match(text, '%d+$')) <= now then
        return {0, now, ahead, part}
      end
    end
    local ARGV = {'1', window, limit, ARGV[3], ARGV[5] or '0', cost, costPart or '0'}
    """

  /// Looks at all limits, and finds out whether all can be taken.
  ///
  /// ARGV, for each limit: the place of its key in KEYS, window (µs), limit, capacity (µs and parts), cost (µs and
  /// parts). → {1 if they were taken, now (µs), and for each limit how far ahead its TAT was (µs, parts)}, or
  /// {-1} when too many windows are under way on a key.
  static let look = """
    local states, counts, reply, fits, moved = {}, {}, {0, now}, true, nil
    for place, key in ipairs(KEYS) do
      local state, count = {}, 0
      local text = redis.call('GET', key)
      if text and #text <= \(longest) then
        for window, time, part, limit, written
          in string.gmatch(text, '(%d+) (%d+) (%d+) (%d+) ?(%d*)') do
          time = tonumber(time)
          if time >= now and time < 9007199254740992 then
            state[window] = {time - now, tonumber(part), limit, tonumber(written) or 0}
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
        if ahead > most and found[4] > now then
          ahead = math.max(ahead - (found[4] - now), 0)
          moved = moved or {}
          moved[place] = true
        end
        if part > 0 and (found[3] ~= limit or part >= tonumber(limit)) then ahead, part = ahead + 1, 0 end
      else
        counts[place] = counts[place] + 1
        if counts[place] > \(RateState.windowLimit) then return {-1} end
      end
      reply[#reply + 1] = ahead
      reply[#reply + 1] = part
      local isFree = ARGV[i + 5] == '0' and ARGV[i + 6] == '0'
      ahead, part = ahead + ARGV[i + 5], part + ARGV[i + 6]
      if part >= tonumber(limit) then ahead, part = ahead + 1, part - limit end
      if not isFree and (ahead > most or (ahead == most and part > mostPart)) then fits = false end
      state[window] = {ahead, part, limit, now}
    end
    """

  /// Writes what was taken, or, where nothing was, the keys with a TAT from before the clock was put back.
  static let write = """
    if fits then
      reply[1] = 1
      for place = 2, #KEYS do
        \(RedisScripts.need("'SET', KEYS[place], '0', 'PXAT', '1'"))
      end
    elseif moved then
      for i = 1, #ARGV, 7 do
        local entry, at = states[tonumber(ARGV[i])][ARGV[i + 1]], 3 + (i - 1) / 7 * 2
        entry[1], entry[2] = reply[at], reply[at + 1]
      end
    else
      return reply
    end
    for place, key in ipairs(KEYS) do
      if fits or moved[place] then
        local text, last = {}, 0
        for window, entry in pairs(states[place]) do
          local time = now + entry[1]
          text[#text + 1] = string.format(
            '%s %.0f %.0f %s %.0f', window, time, entry[2], entry[3], entry[4])
          if entry[2] > 0 then time = time + 1 end
          if time > last then last = time end
        end
        last = last + 999
        redis.call('SET', key, table.concat(text, ','),
          'PXAT', string.format('%.0f', (last - last % 1000) / 1000))
      end
    end
    """

  /// Takes one limit.
  static let takeOne = RedisScripts.script(
    """
    \(single)
    \(look)
    \(write)
    local entry = states[1][window]
    return {reply[1], now, entry[1], entry[2]}
    """)

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

  /// Reads what the script that takes one limit answers; nil for anything else.
  ///
  /// - Throws: INVALID_PARAMS when too many windows are under way on the key.
  static func readOne(_ reply: borrowing RESPReply) throws(RPCError) -> RateOutcome? {
    if reply.first.kind == .string {
      return written(reply.slice(of: reply.first))
    }
    guard let look = try read(reply), look.ahead.count == 1 else { return nil }
    return RateOutcome(
      isTaken: look.isTaken, atMicroseconds: look.atMicroseconds, ahead: look.ahead[0])
  }

  /// What was taken, by what was written for it.
  private static func written(_ text: ByteBuffer) -> RateOutcome? {
    text.withUnsafeReadableBytes { bytes in
      var at = 0
      func next() -> Int64? {
        var number: Int64 = 0
        let start = at
        while at < bytes.count, case let digit = bytes[at] &- UInt8(ascii: "0"), digit < 10 {
          number = number &* 10 &+ Int64(digit)
          at += 1
        }
        guard at > start else { return nil }
        at += 1
        return number
      }
      guard next() != nil, let time = next(), let part = next(), next() != nil, let now = next()
      else { return nil }
      return RateOutcome(
        isTaken: true, atMicroseconds: now,
        ahead: RateSpan(microseconds: time &- now, part: part))
    }
  }
}
