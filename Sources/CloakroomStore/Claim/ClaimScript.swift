internal import CloakroomCore
internal import CloakroomRedis

/// What the scripts of claims have in common. All of a claim is one hash, so that it lives on one shard:
/// - `owner`, `until` (ms) and `call` (the ticket that it was granted to), while it is held;
/// - `fence`, the last one given out, which stays for a day;
/// - `first` and `last`, between which the numbers of those who wait are, and for each of them
///   `w<number>`: until when (ms) it counts without being heard of, a colon, its ticket's id;
/// - `soonest`, when it was full: until when (ms) none of those who wait stops to count.
///
/// A step looks at the first few numbers of the queue. It looks at all that wait where so many numbers in a row have
/// left that this costs no more than they did, and where the queue is full and `soonest` is over. A waiter that comes
/// to the front is told by a message on the claim's name.
///
/// A script answers with an array whose first number says what it is: {0, owner, fence, end} how the
/// claim stands, {1, fence, end} that it is held, {2, number, whether it is the first, ms that the
/// claim is still held} a place in the queue, {3} that it is done, {-1} that the owner doesn't hold it,
/// {-2} that it holds another fence, {-3} that too many wait.
enum ClaimScript {
  /// What each of the scripts begins with: the time and how the claim stands.
  ///
  /// Numbers that are none, or that no claim comes to, are not this sidecar's: what has no fence is not held, and
  /// counting up to such a place in the queue would never end.
  static let state = """
    \(RedisScripts.whole)
    local key, clock = KEYS[1], redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    local field = redis.call(
      'HMGET', key, 'owner', 'fence', 'until', 'call', 'first', 'last', 'soonest')
    local owner, fence, ends = field[1], whole(field[2]) or 0, whole(field[3]) or 0
    local held = owner and fence > 0 and ends > now
    """

  /// The queue: who is the first, to tell it so, and to leave. `commit` comes last and makes all
  /// writes, those of `gone` and `first` among them; by `pcall` it tells the waiter that comes to the front: a
  /// user of Redis who may not publish still gets a claim that is right, only later.
  static let queue = """
    local first, last = whole(field[5] or 1), whole(field[6] or 0)
    if not first or not last then first, last = 1, 0 end
    local start, waiters, gone, soonest = first, {}, {}, nil
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
          soonest = math.min(soonest or tonumber(till), tonumber(till))
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
        \(RedisScripts.need("'HSET', key, '0', '0'"))
      end
      if expire then
        \(RedisScripts.need("expire, key, '0'"))
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

  /// Refuses an owner that doesn't hold the claim, or holds another fence.
  static let check = """
    if not held or owner ~= ARGV[1] then return {-1} end
    if ARGV[2] ~= '' and ARGV[2] ~= field[2] then return {-2} end
    """

  /// A script of parts.
  static func form(_ resend: Resend, _ parts: String...) -> RedisForm {
    .script(resend, ([state] + parts).joined(separator: "\n"))
  }

  /// Reads what a script answers; nil for anything else.
  static func read(_ reply: borrowing RESPReply) throws(RPCError) -> Answer? {
    var reader = RESPReplyReader(reply)
    guard reader.array() != nil, let what = reader.integer() else { return nil }
    switch what {
    case 0:
      return .state(
        ClaimState(owner: reader.text(), fence: reader.integer(), expiresAtMs: reader.integer()))
    case 1:
      guard let fence = reader.integer(), let end = reader.integer() else { return nil }
      return .held(ClaimHold(fence: fence, expiresAtMs: end))
    case 2:
      guard let number = reader.integer(), let isFirst = reader.integer(),
        let rest = reader.integer()
      else { return nil }
      return .waiting(ClaimPlace(number: number, isFirst: isFirst == 1, remainingMs: rest))
    case 3: return .done
    case -1: throw RPCError(.claimNotHeld)
    case -2: throw RPCError(.fenceStale)
    case -3: throw .tooManyClaimWaiters
    default: return nil
    }
  }

  /// What a script answers.
  enum Answer {
    case state(ClaimState)
    case held(ClaimHold)
    case waiting(ClaimPlace)
    case done
  }
}
