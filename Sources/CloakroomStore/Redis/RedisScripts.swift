internal import CloakroomRedis
internal import NIOCore

/// The steps that take more than one command, each one small script on one key.
enum RedisScripts {
  /// All of them; a link makes Redis keep them before its first command.
  static let all = reading + changing + changing.map(idempotent)

  /// Those that change nothing that has not happened by itself.
  private static let reading =
    [getWithMeta, recall]
    + StoreSteps.scripts(changing: false)

  /// Those that change something: each has a variant that keeps its answer.
  static let changing =
    [setConditionally, add, RateScript.takeOne, persist, single, publish, nothing] + records
    + StoreSteps.scripts(changing: true)

  /// SET under a condition that SET itself does not know.
  /// ARGV: value, condition (absent, present, match or none), etag, life (keep, never or after), ms.
  /// → 1 written, 0 nothing there to match, -1 the condition does not hold.
  static let setConditionally = script(
    """
    local key, value, condition, etag, life, ms = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
    if condition == 'match' then
      local old = redis.call('GET', key)
      if not old then return 0 end
      if redis.sha1hex(old) ~= etag then return -1 end
    elseif condition == 'absent' then
      if redis.call('EXISTS', key) == 1 then return -1 end
    elseif condition == 'present' then
      if redis.call('EXISTS', key) == 0 then return -1 end
    end
    if life == 'never' then
      redis.call('SET', key, value)
    elseif life == 'keep' and redis.call('PTTL', key) > 0 then
      redis.call('SET', key, value, 'KEEPTTL')
    else
      redis.call('SET', key, value, 'PX', ms)
    end
    return 1
    """)

  /// GET and PTTL in one step. → nil, or the value and the rest of its life in ms (-1: for ever).
  static let getWithMeta = script(
    """
    local value = redis.call('GET', KEYS[1])
    if not value then return false end
    return {value, redis.call('PTTL', KEYS[1])}
    """)

  /// INCRBY within bounds, with a life for a counter that is new.
  /// ARGV: by, lowest, highest, ms ('' for ever). Numbers stay texts: Lua's own are doubles and can't
  /// hold what is past 2^53. → the value, and 1 when it was changed.
  static let add = script(
    """
    local function below(a, b)
      local negative = a:sub(1, 1) == '-'
      if negative ~= (b:sub(1, 1) == '-') then return negative end
      if negative then a, b = b:sub(2), a:sub(2) end
      if #a ~= #b then return #a < #b end
      return a < b
    end
    local key, by = KEYS[1], ARGV[1]
    local old = redis.call('GET', key)
    if not old then
      if below(by, ARGV[2]) or below(ARGV[3], by) then return {'0', 0} end
      if ARGV[4] ~= '' then
        \(need("'PEXPIRE', key, '0'"))
      end
    end
    local reply = redis.pcall('INCRBY', key, by)
    if type(reply) == 'table' and reply.err then
      if not reply.err:find('overflow') then return reply end
      return {old or '0', 0}
    end
    if not old then
      if ARGV[4] ~= '' then redis.call('PEXPIRE', key, ARGV[4]) end
      return {by, 1}
    end
    local new = redis.call('GET', key)
    if below(new, ARGV[2]) or below(ARGV[3], new) then
      -- Taken back by the command that has just been allowed.
      if by == '-9223372036854775808' then
        redis.call('INCRBY', key, '9223372036854775807')
        redis.call('INCRBY', key, '1')
      elseif by ~= '0' then
        redis.call('INCRBY', key, by:sub(1, 1) == '-' and by:sub(2) or '-' .. by)
      end
      return {old, 0}
    end
    return {new, 1}
    """)

  /// PERSIST that answers whether there is a value, not whether it had an end.
  static let persist = script(
    """
    if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
    redis.call('PERSIST', KEYS[1])
    return 1
    """)

  /// What reads a number that a script has written: one that is not whole, or larger than any of this sidecar's
  /// and so perhaps than Lua can count on from, is none.
  static let whole = """
    local function whole(text)
      local number = text and string.match(text, '^%d+$') and tonumber(text)
      return number and number < 9e15 and number or nil
    end
    """

  /// A script with the name that Redis gives it.
  static func script(_ source: String) -> RedisScript {
    // Redis names a script by the SHA-1 of its text, as an etag names a value.
    RedisScript(source: source, digest: ETag.of(ByteBuffer(string: source)))
  }
}
