internal import CloakroomRedis

/// The steps on a pending operation. All of it is one hash, so that it lives on one shard:
/// - `type`, `data`, `created` and `until` (ms), `life` (ms, what it was given last), `once`, `most`
///   (attempts);
/// - `state`: open, out, dead, and of what is gone: expired, consumed, deleted, committed;
/// - `attempts`, `fence`, and the last lease's `receipt` and `lease` (its end, ms);
/// - `result` and `at`, once it is committed.
///
/// The key lives longer than the operation: what is left of it then says why it is gone. That a life
/// or a lease is over is found by the first step that comes, which says so to its caller, once; where no
/// caller comes, the step of a sweep does (`settlePending`).
///
/// ARGV of all: type ('' is any), then ms that are kept: a tombstone, a receipt, a dead one; then what
/// to make when there is nothing: life (ms; '' makes nothing), created ('' is now), once, most. Their
/// own begin with the ninth. They answer {what, noticed, …}: {0, noticed, refusal, ms} or what
/// `operation` says; with a `true` behind it where the same step may come to something else later.
///
/// All writes come last; what they will make of the operation stands in local variables until then.
extension RedisScripts {
  static let pending = [
    createPending, consumePending, updatePending, deletePending, checkoutPending,
    commitPending, releasePending, reopenPending,
  ]

  /// ARGV: data. The life and what follows it are the operation's own.
  static let createPending = script(
    """
    \(begin)
    local there = redis.call('HMGET', key, 'type', 'data', 'state', 'until', 'created')
    local created, ends = tonumber(there[5]), tonumber(there[4])
    if not there[3] then
      created, ends = tonumber(ARGV[6]) or now, now + tonumber(ARGV[5])
      \(need("'PEXPIREAT', key, '0'"))
      redis.call(\(make("ARGV[9]")))
      redis.call('PEXPIREAT', key, ends + tombstone)
    elseif there[1] ~= ARGV[1] or there[2] ~= ARGV[9] or there[3] ~= 'open' then
      return {0, 0, 8, 0}
    end
    return {1, 0, '', ARGV[1], created, ends, tonumber(ARGV[7]), tonumber(ARGV[8]), 0, 0}
    """)

  /// ARGV: 1 with its data, else 0.
  ///
  /// Nearly all that are read are open and have some time to live: of what is to be known of the others
  /// nothing is asked for them.
  static let readPending = script(
    [
      begin,
      """
      local brief = redis.call('HMGET', key, 'type', 'state', 'until', 'created', 'once', 'most',
        'attempts')
      local till = tonumber(brief[3] or 0)
      if brief[2] == 'open' and till > now and (ARGV[1] == '' or brief[1] == ARGV[1]) then
        local data = ARGV[9] ~= '0' and redis.call('HGET', key, 'data')
        return {1, 0, data or '', brief[1], tonumber(brief[4]), till, tonumber(brief[5]),
          tonumber(brief[6]), tonumber(brief[7]), 0}
      end
      """,
      stepEnd(
        """
        if not (open or held or state == 'dead') then return refusal() end
        return operation(1, ARGV[9] == '0')
        """),
    ].joined(separator: "\n"))

  static let consumePending = step(
    """
    if not open then return refusal() end
    local reply = operation(1)
    bury('consumed')
    return reply
    """)

  /// ARGV: etag ('' is any), data, keep, reset or after, ms.
  static let updatePending = step(
    """
    if not open then return refusal() end
    if ARGV[9] ~= '' and redis.sha1hex(content()) ~= ARGV[9] then return operation(3), true end
    write('HDEL', key, 'receipt', 'lease')
    write('HSET', key, 'state', 'open', 'data', ARGV[10])
    state, data = 'open', ARGV[10]
    if ARGV[11] == 'after' then life = tonumber(ARGV[12]) end
    if ARGV[11] ~= 'keep' then
      ends = now + life
      write('HSET', key, 'until', ends, 'life', life)
      write('PEXPIREAT', key, ends + tombstone)
    end
    return operation(1)
    """)

  /// → {6, noticed, when something may happen by itself (ms), 0 for never}
  static let settlePending = step(
    """
    if held and most > 0 and attempts >= most then return {6, noticed, lease} end
    if held or open then return {6, noticed, ends} end
    return {6, noticed, 0}
    """)

  static let deletePending = step(
    """
    if not (open or state == 'dead') then return refusal() end
    bury('deleted')
    return {5, noticed}
    """)

  /// ARGV: lease (ms), receipt.
  static let checkoutPending = step(
    """
    if held and field[4] == ARGV[10] then
      return operation(2, false, tonumber(field[11]), lease)
    end
    if not open then return refusal() end
    attempts = attempts + 1
    local fence = math.max(tonumber(field[11] or 0) + 1, clock[1] * 1000000 + clock[2])
    lease = now + tonumber(ARGV[9])
    ends = math.max(ends, lease + tonumber(ARGV[9]))
    state = 'out'
    write('HSET', key, 'state', state, 'attempts', attempts, 'fence', fence, 'lease', lease,
      'receipt', ARGV[10], 'until', ends)
    local kept = ends + tombstone
    if most > 0 and attempts >= most then kept = math.max(kept, lease + tonumber(ARGV[4])) end
    write('PEXPIREAT', key, kept)
    return operation(2, false, fence, lease)
    """)

  /// ARGV: receipt, result. → {4, 0, result, when}
  static let commitPending = step(
    """
    if field[4] ~= ARGV[9] then
      if open or held or state == 'dead' then return refuse(7) end
      return refusal()
    end
    if state == 'committed' then
      local answer = redis.call('HMGET', key, 'result', 'at')
      return {4, 0, answer[1], tonumber(answer[2])}
    end
    write('HDEL', key, 'data', 'lease')
    write('HSET', key, 'state', 'committed', 'at', now, 'result', ARGV[10])
    keep(tonumber(ARGV[3]))
    return {4, 0, ARGV[10], now}
    """)

  /// ARGV: receipt.
  static let releasePending = step(
    """
    if not (open or held) then return refusal() end
    if field[4] ~= ARGV[9] then return refuse(7) end
    write('HDEL', key, 'receipt', 'lease')
    state = 'open'
    if most > 0 and attempts >= most then
      die()
    else
      write('HSET', key, 'state', state)
    end
    return operation(1)
    """)

  static let reopenPending = step(
    """
    if open or held then return refuse(10) end
    if state ~= 'dead' then return refusal() end
    attempts, state, ends = 0, 'open', now + life
    write('HDEL', key, 'receipt', 'lease')
    write('HSET', key, 'state', state, 'attempts', 0, 'until', ends)
    write('PEXPIREAT', key, ends + tombstone)
    return operation(1)
    """)

  private static let begin = """
    local key, clock = KEYS[1], redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    local tombstone = tonumber(ARGV[2])
    """

  /// HSET of a new operation.
  private static func make(_ data: String) -> String {
    """
    'HSET', key, 'type', ARGV[1], 'state', 'open', 'data', \(data), 'created', created,
      'until', ends, 'life', ARGV[5], 'once', ARGV[7], 'most', ARGV[8], 'attempts', 0
    """
  }

  /// How the operation stands, and what has happened to it by itself.
  private static let look = """
    local data
    local field = redis.call('HMGET', key, 'type', 'state', 'until', 'receipt', 'lease', 'attempts',
      'most', 'created', 'life', 'once', 'fence')
    if not field[2] and ARGV[5] ~= '' then
      local created, ends = tonumber(ARGV[6]) or now, now + tonumber(ARGV[5])
      write(\(make("''")))
      write('PEXPIREAT', key, ends + tombstone)
      data = ''
      field = {ARGV[1], 'open', ends, false, false, 0, ARGV[8], created, ARGV[5], ARGV[7], false}
    end
    local function content() return data or redis.call('HGET', key, 'data') end
    local state, noticed = field[2], 0
    local function refuse(why, rest) return {0, noticed, why, rest or 0}, why == 5 end
    if not state then return refuse(1) end
    if ARGV[1] ~= '' and field[1] ~= ARGV[1] then return refuse(6) end
    local ends, lease = tonumber(field[3]), tonumber(field[5] or 0)
    local attempts, most, life = tonumber(field[6]), tonumber(field[7]), tonumber(field[9])
    local function keep(time)
      write('PEXPIRE', key, math.max(time, ends - now + \(PendingRetention.slackMs)))
    end
    local function die()
      state, noticed = 'dead', 2
      write('HSET', key, 'state', state)
      keep(tonumber(ARGV[4]))
    end
    local held = state == 'out' and lease > now
    if state == 'out' and not held and most > 0 and attempts >= most then
      die()
    elseif (state == 'open' or state == 'out') and not held and ends <= now then
      state, noticed = 'expired', 1
      write('HDEL', key, 'data')
      write('HSET', key, 'state', state)
    elseif state == 'out' and not held then
      state = 'open'
    end
    local open = state == 'open'
    local function refusal()
      if held then return refuse(5, lease - now) end
      local reasons = {expired = 2, consumed = 3, committed = 3, deleted = 4, dead = 9}
      return refuse(reasons[state])
    end
    local function operation(what, isBare, fence, till)
      local states = {out = 1, dead = 2}
      return {what, noticed, not isBare and content() or '', field[1], tonumber(field[8]), ends,
        tonumber(field[10]), most, attempts, states[state] or 0, fence, till}
    end
    local function bury(how)
      write('HDEL', key, 'data', 'receipt', 'lease')
      write('HSET', key, 'state', how)
      keep(tombstone)
    end
    """

  private static func step(_ body: String) -> RedisScript {
    script([begin, stepEnd(body)].joined(separator: "\n"))
  }

  private static func stepEnd(_ body: String) -> String {
    gatheringWrites([look, body].joined(separator: "\n"))
  }
}
