/// The scripts by which sidecars up to version 0.1 changed pending operations, which were hashes then; word
/// for word as `RedisScripts+Pending.swift`, `+Deadlines`, `+Once` and `+Writes` of that version made them.
///
/// Redis knows a script by the SHA-1 of its text: those that a sidecar of that version has loaded stand here
/// as well, and `EarlierSidecar` holds the texts against them.
struct EarlierScript {
  let source: String
  let digest: String

  static let all = [
    create, read, consume, update, settle, delete, checkout, commit, release, remind,
    consumeOnce,
  ]

  /// ARGV: data. The life and what follows it are the operation's own.
  static let create = script(
    "10432a8ac9d69ee0634ba80d42027e7c4c0533c0",
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
  static let read = script(
    "fd782bfae347e394cf9028c4468ac9a3e7378fd6",
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

  static let consume = step(
    "f771c0fcc7b75c842c983624300c5d06acd7b837",
    """
    if not open then return refusal() end
    local reply = operation(1)
    bury('consumed')
    return reply
    """)

  /// ARGV: etag ('' is any), data, keep, reset or after, ms.
  static let update = step(
    "94dd8a4de6e999cb7bdfcfb39ea0154a4e619b3f",
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
  static let settle = step(
    "68be1ec662dbbb5e8b19baa5fffc1517bb6ae8d6",
    """
    if held and most > 0 and attempts >= most then return {6, noticed, lease} end
    if held or open then return {6, noticed, ends} end
    return {6, noticed, 0}
    """)

  static let delete = step(
    "bae5625139af9e8e401f1cee7bc7cc50c153a08c",
    """
    if not (open or state == 'dead') then return refusal() end
    bury('deleted')
    return {5, noticed}
    """)

  /// ARGV: lease (ms), receipt.
  static let checkout = step(
    "4cad023a581c53d6b945b6b557138f21b4d56730",
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
  static let commit = step(
    "102583c9ced662ec720c2deea6409294b2023391",
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
  static let release = step(
    "e85beb0b4adf1078a3fa0b0df7a2aab1525b2d0e",
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

  static let remind = script(
    "24526fc125bdfe916368bd989bf7945afcfde72a",
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

  /// The variant that keeps its answer. KEYS and ARGV: behind the script's own the record's name; fingerprint,
  /// step, life in ms, note.
  static let consumeOnce = script(
    "7c82b91019050eaf4b465154eb83b87804db32ad", keepingAnswer(consume.source))

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
      write('PEXPIRE', key, math.max(time, ends - now + 600000))
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

  private static func step(_ digest: String, _ body: String) -> EarlierScript {
    script(digest, [begin, stepEnd(body)].joined(separator: "\n"))
  }

  private static func stepEnd(_ body: String) -> String {
    gatheringWrites([look, body].joined(separator: "\n"))
  }

  private static func keepingAnswer(_ source: String) -> String {
    """
    local record = table.remove(KEYS)
    local note, life = table.remove(ARGV), table.remove(ARGV)
    local step, fingerprint = table.remove(ARGV), table.remove(ARGV)
    local kept = redis.call('HMGET', record, 'fingerprint', step)
    if kept[1] and kept[1] ~= fingerprint then
      return redis.error_reply('IDEMPOTENCYMISMATCH the record is of another call')
    end
    if kept[2] then return cmsgpack.unpack(kept[2]) end
    \(need("'HSET', record, '0', '0'"))
    if not kept[1] then
      \(need("'PEXPIRE', record, '0'"))
    end

    local function mutate(KEYS, ARGV)
    \(source)
    end
    local reply, isUnfinished = mutate(KEYS, ARGV)
    if isUnfinished then return reply end
    if type(reply) == 'table' and reply.err then return reply end
    local answer = reply
    if note ~= '' then answer = {note, reply} end
    local noticed = reply[2]; reply[2] = 0
    redis.call('HSET', record, 'fingerprint', fingerprint, step, cmsgpack.pack(answer))
    reply[2] = noticed
    if not kept[1] then redis.call('PEXPIRE', record, life) end
    return answer
    """
  }

  private static func need(_ command: String) -> String {
    """
    if not redis.acl_check_cmd(\(command)) then
      error({err = 'NOPERM the user may not run all commands of this step; nothing was done'})
    end
    """
  }

  private static func gatheringWrites(_ body: String) -> String {
    """
    local writes = {}
    local function write(...) writes[#writes + 1] = {...} end
    local function run()
    \(body)
    end
    local reply, isUnfinished = run()
    for place = 2, #writes do
      local command = writes[place][1]
      if command ~= writes[1][1] and command ~= writes[place - 1][1] then
        \(need("command, KEYS[1], '0', '0'"))
      end
    end
    for place = 1, #writes do redis.call(unpack(writes[place])) end
    return reply, isUnfinished
    """
  }

  private static func script(_ digest: String, _ source: String) -> EarlierScript {
    EarlierScript(source: source, digest: digest)
  }
}
