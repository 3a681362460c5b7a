internal import CloakroomRedis

/// The steps on records. A record is a string that begins with its version (`RecordVersion`); nothing else of
/// it is looked into.
extension RedisScripts {
  static let records = [commit, commitFields]

  /// Writes a record over the version that was read.
  ///
  /// ARGV: the version ('' is none), the record ('' leaves what is there), kept until (ms), from when on it is
  /// stale (ms, '' is never), 1 when it takes no more room than what it replaces. → 1, or {what is there,
  /// ms, 0}.
  ///
  /// The clock is looked at only where it matters: that takes as long as to write the record.
  ///
  /// A Redis that is full refuses to SET; what takes no more room is deleted first then, as a script that has
  /// written is refused nothing more. That SET was refused for that says that the user may.
  static let commit = script(
    """
    local key, record, stale = KEYS[1], ARGV[2], ARGV[4]
    local clock = stale ~= '' and redis.call('TIME')
    if redis.call('GETRANGE', key, '6', '16') ~= ARGV[1]
      or (clock and clock[1] * 1000 + math.floor(clock[2] / 1000) >= tonumber(stale)) then
      clock = clock or redis.call('TIME')
      return {redis.call('GET', key), clock[1] * 1000 + math.floor(clock[2] / 1000), 0}, true
    end
    if record == '' then return 1 end
    local done = redis.pcall('SET', key, record, 'PXAT', ARGV[3])
    if done.err then
      if ARGV[5] ~= '1' or not done.err:find('OOM', 1, true) then return done end
      redis.call('DEL', key)
      redis.call('SET', key, record, 'PXAT', ARGV[3])
    end
    return 1
    """)

  /// Writes a record over a hash, the form that records had up to version 0.1.
  ///
  /// ARGV: the SHA-1 of the hash, the record ('' leaves what is there), kept until (ms), from when on it is
  /// stale (ms, '' is never). → 1, or {what is there, ms, 0} when that is no hash any more, or an error that
  /// begins with WRONGTYPE when the hash has changed, or was to be decided on earlier. Sent again, it meets
  /// the record that it has written: its caller must be able to tell.
  static let commitFields = script(
    """
    local key, clock = KEYS[1], redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    local kind = redis.call('TYPE', key).ok
    if kind == 'string' or kind == 'none' then return {redis.call('GET', key), now, 0}, true end
    local text = kind == 'hash' and table.concat(redis.call('HGETALL', key), '\\n')
    if not text or redis.sha1hex(text) ~= ARGV[1]
      or (ARGV[4] ~= '' and now >= tonumber(ARGV[4])) then
      return redis.error_reply('WRONGTYPE the record has changed')
    end
    if ARGV[2] == '' then return 1 end
    \(need("'SET', key, '0', 'PXAT', '1'"))
    redis.call('DEL', key)
    redis.call('SET', key, ARGV[2], 'PXAT', ARGV[3])
    return 1
    """)
}
