internal import CloakroomRedis

/// The steps on a claim. All of a claim is one hash, so that it lives on one shard:
/// - `owner`, `until` (ms) and `call` (the ticket that it was granted to), while it is held;
/// - `fence`, the last one given out, which stays for a day;
/// - `first` and `last`, between which the numbers of those who wait are, and for each of them
///   `w<number>`: until when (ms) it counts without being heard of, a colon, its ticket's id.
///
/// A number in the queue is looked at once, or all that wait are, so the work of a step is bounded by
/// how many may wait. Whoever comes to the front is told by a message on the claim's name.
extension RedisScripts {
  static let claims = [takeClaim, renewClaim, releaseClaim, withdrawClaim]

  /// ARGV: owner, life (ms), ticket, its number or '', patience (ms; '' doesn't wait), how many may
  /// wait, retention (ms). → {1, fence, end}, {0, owner, fence, end}, {2, number, whether it is the
  /// first, ms that the claim is still held} or {-3}, too many wait.
  static let takeClaim = claim(
    queue,
    """
    local asking, id, patience, limit = ARGV[1], ARGV[3], tonumber(ARGV[5]), tonumber(ARGV[6])
    if held and field[4] == id then return {1, fence, ends} end
    local mine = tonumber(ARGV[4])
    if mine and waiter(mine) ~= id then mine = nil end
    local ahead = front()
    if not held and (not ahead or ahead == id) then
      if mine then remove(mine) end
      fence = math.max(fence + 1, clock[1] * 1000000 + clock[2])
      ends = now + tonumber(ARGV[2])
      commit(true, 'PEXPIREAT', text(ends + tonumber(ARGV[7])),
        'owner', asking, 'fence', text(fence), 'until', text(ends), 'call', id)
      return {1, fence, ends}
    end
    if not patience or (held and owner == asking) then
      if mine then leave(mine, id) else commit() end
      return {0, held and owner, fence > 0 and fence, held and ends}
    end
    if not mine then
      local others = redis.call('HLEN', key) - #gone
      for i = 1, 6 do if field[i] then others = others - 1 end end
      if others >= limit and sweep() >= limit then
        commit()
        return {-3}
      end
      last = last + 1
      mine = last
    end
    waiters[mine] = id
    local isFirst = front() == id
    start = first
    commit(false, nil, nil, 'first', text(first), 'last', text(last),
      place(mine), text(now + patience) .. ':' .. id)
    return {2, mine, isFirst and 1 or 0, held and ends - now or 0}, true
    """)

  /// ARGV: owner, fence or '', life (ms), retention (ms). → {1, fence, end}, {-1} not held by that
  /// owner, {-2} another fence.
  static let renewClaim = claim(
    queue, check,
    """
    local before = ends
    ends = now + tonumber(ARGV[3])
    commit(ends < before, 'PEXPIREAT', text(ends + tonumber(ARGV[4])), 'until', text(ends))
    return {1, fence, ends}
    """)

  /// ARGV: owner, fence or '', retention (ms). → {3}, or as to renew.
  static let releaseClaim = claim(
    queue, check,
    """
    free(ARGV[3])
    return {3}
    """)

  /// ARGV: ticket, its number or '', retention (ms). → {3}.
  static let withdrawClaim = claim(
    queue,
    """
    local mine = tonumber(ARGV[2])
    if held and field[4] == ARGV[1] then
      free(ARGV[3])
    elseif mine and waiter(mine) == ARGV[1] then
      leave(mine, ARGV[1])
    else
      commit()
    end
    return {3}
    """)

  /// → {0, owner, fence, end}.
  static let inspectClaim = claim(
    "return {0, held and owner, fence > 0 and fence, held and ends}")

  /// What each of the scripts begins with: the time and how the claim stands.
  private static let state = """
    local key, clock = KEYS[1], redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    local field = redis.call('HMGET', key, 'owner', 'fence', 'until', 'call', 'first', 'last')
    local owner, fence, ends = field[1], tonumber(field[2] or 0), tonumber(field[3] or 0)
    local held = ends > now
    """

  /// The queue: who is the first, to tell it so, and to leave. `commit` comes last and makes all
  /// writes, those of `gone` and `first` among them; by `pcall` it tells whoever comes to the front: a
  /// user of Redis who may not publish still gets a claim that is right, only later.
  private static let queue = """
    local first, last = tonumber(field[5] or 1), tonumber(field[6] or 0)
    local start, waiters, gone = first, {}, {}
    local function text(number) return string.format('%.0f', number) end
    local function place(number) return 'w' .. text(number) end
    local function remove(number)
      waiters[number] = false
      gone[#gone + 1] = place(number)
    end
    local function waiter(number)
      if waiters[number] == nil then
        waiters[number] = false
        local value = redis.call('HGET', key, place(number))
        local till, id = string.match(value or '', '^(%d+):(.*)$')
        if till and tonumber(till) > now then
          waiters[number] = id
        elseif value then
          remove(number)
        end
      end
      return waiters[number]
    end
    local function sweep()
      local least, count = nil, 0
      for _, name in ipairs(redis.call('HKEYS', key)) do
        local number = tonumber(string.match(name, '^w(%d+)$'))
        if number and waiter(number) then
          count = count + 1
          if not least or number < least then least = number end
        end
      end
      first = least or last + 1
      return count
    end
    local function front()
      local start, id = first, nil
      while first <= last do
        id = waiter(first)
        if id then break end
        if first - start < 32 then first = first + 1 else sweep() end
      end
      return id
    end
    local function commit(isWaking, expire, time, field, ...)
      local woken = isWaking and front()
      if gone[1] and (field or first ~= start) then
        \(need("'HSET', key, '0', '0'"))
      end
      if expire then
        \(need("expire, key, '0'"))
      end
      for place = 1, #gone, 1000 do
        redis.call('HDEL', key, unpack(gone, place, math.min(place + 999, #gone)))
      end
      if field then redis.call('HSET', key, field, ...) end
      if first ~= start then redis.call('HSET', key, 'first', text(first)) end
      if expire then redis.call(expire, key, time) end
      if woken then redis.pcall('PUBLISH', key, woken) end
    end
    local function leave(number, id)
      local wasFirst = front() == id
      remove(number)
      commit(wasFirst)
    end
    local function free(retention)
      for _, name in ipairs({'owner', 'until', 'call'}) do gone[#gone + 1] = name end
      commit(true, 'PEXPIRE', retention)
    end
    """

  /// Refuses whoever doesn't hold the claim, or holds another fence.
  private static let check = """
    if not held or owner ~= ARGV[1] then return {-1} end
    if ARGV[2] ~= '' and ARGV[2] ~= field[2] then return {-2} end
    """

  private static func claim(_ parts: String...) -> RedisScript {
    script(([state] + parts).joined(separator: "\n"))
  }
}
