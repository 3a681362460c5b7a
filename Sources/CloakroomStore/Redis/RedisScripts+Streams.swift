internal import CloakroomRedis

/// The steps on streams that take more than one command. A stream's message is its entry's field
/// `message`; a dead letter has `id`, `group` and `deliveries` beside it.
///
/// Whoever waits for messages listens on the channel of the stream's own name.
extension RedisScripts {
  static let streams = [streamAppend, streamEnsure, streamRead, streamReclaim]

  /// XADD with the stream's life, and a message for those who wait: by `pcall`, as they find what was
  /// appended by looking now and then when the user may not publish.
  /// ARGV: message, life (least, after, keep or never), ms, then, for a limit, = or ~ and the number.
  /// → the id.
  static let streamAppend = script(
    """
    local key, life, ms = KEYS[1], ARGV[2], tonumber(ARGV[3])
    local rest = redis.call('PTTL', key)
    local isPersisted = life == 'never' and rest >= 0
    local isTimed = life == 'after' or (life ~= 'never' and rest == -2)
      or (life == 'keep' and rest == -1) or (life == 'least' and rest >= 0 and rest < ms)
    if isPersisted then
      \(need("'PERSIST', key"))
    end
    if isTimed then
      \(need("'PEXPIRE', key, '0'"))
    end
    local id
    if ARGV[4] then
      id = redis.call('XADD', key, 'MAXLEN', ARGV[4], ARGV[5], '*', 'message', ARGV[1])
    else
      id = redis.call('XADD', key, '*', 'message', ARGV[1])
    end
    if isPersisted then redis.call('PERSIST', key) end
    if isTimed then redis.call('PEXPIRE', key, ARGV[3]) end
    redis.pcall('PUBLISH', key, '')
    return id
    """)

  /// XGROUP CREATE that takes a group that is there for made, and gives a new stream a life.
  /// ARGV: group, where it begins, ms, how many groups there may be.
  /// → 1 made, 0 it was there, -1 there are too many.
  static let streamEnsure = script(
    """
    local key, group = KEYS[1], ARGV[1]
    -- The cheapest question to which a group that is there gives no error.
    local there = redis.pcall('XPENDING', key, group, '-', '+', 0)
    if not there.err then return 0 end
    if there.err:sub(1, 7) ~= 'NOGROUP' then return there end
    if redis.call('EXISTS', key) == 0 then
      \(need("'PEXPIRE', key, '0'"))
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

  /// XREADGROUP, one message after the other until there are enough bytes: it knows no such limit.
  /// ARGV: group, consumer, count, bytes. → an array of an id with its fields. Nothing is no answer to
  /// be kept: whoever waits reads again.
  static let streamRead = script(
    """
    local messages, bytes, most = {}, 0, tonumber(ARGV[4])
    for place = 1, tonumber(ARGV[3]) do
      local reply = redis.call(
        'XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[1], '>')
      if not reply then break end
      local entry = reply[1][2][1]
      messages[place] = entry
      for _, part in ipairs(entry[2]) do bytes = bytes + #part end
      if bytes >= most then break end
    end
    return messages, #messages == 0
    """)

  /// XPENDING as a summary and with its first entry, in one step.
  /// ARGV: group, how many consumers to name. → the count, the consumers, and the first entry.
  static let streamUnacknowledged = script(
    """
    local summary = redis.call('XPENDING', KEYS[1], ARGV[1])
    local first = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1)[1]
    local consumers = summary[4] or {}
    for place = #consumers, tonumber(ARGV[2]) + 1, -1 do consumers[place] = nil end
    return {summary[1], consumers, first or {}}
    """)

  /// XCLAIM of what has been in hand for too long, but for what was handed over too often: that is
  /// moved to the dead letters. What is no longer in the stream is dropped.
  /// ARGV: group, consumer, idle ms, count, bytes, how many to move or drop at most, and how often a
  /// message may be handed over; the dead letters are KEYS[2] and not given without that.
  /// → how many were moved, and an array of a number of deliveries, an id and its fields.
  static let streamReclaim = script(
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
      \(need("'XRANGE', key, '-', '+'"))
      \(need("'XCLAIM', key, group, consumer, '0', '0'"))
      \(need("'XADD', dead, '*', 'id', ''"))
      \(need("'XACK', key, group, '0'"))
      if rest >= 0 then
        \(need("'PEXPIRE', dead, '0'"))
      else
        \(need("'PERSIST', dead"))
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
}
