internal import CloakroomRedis

/// What keeps a script from being refused half way: Redis holds each command of a script against its
/// user's rights (ACL) by itself, and takes back nothing of what the script has written before.
///
/// So all reading comes before the first write, and a right that only a later write needs is asked for
/// before the first. That costs Redis about as much as a command, so nothing is asked for that the
/// writes won't need, nor for the first of them: when that is refused, nothing has been written. For
/// lack of memory, on a replica, and the like, Redis refuses a script's first write only.
extension RedisScripts {
  /// `need(command, key, …)` ends the script unless its user may run the command on the key.
  static let need = """
    local function need(...)
      if not redis.acl_check_cmd(...) then
        error({err = 'NOPERM the user may not run ' .. (...) .. ' on this key; nothing was done'})
      end
    end
    """

  /// A script on one key whose writes are gathered by `write(command, key, …)` and run once its body
  /// has come to an answer. Until then the body reads what was there before.
  ///
  /// - Parameter isWaking: whether the body may set `woken`, which is then published on the key's name,
  ///   for those who wait there. A user who may not publish gets what was asked for all the same, and
  ///   who waits finds it by looking now and then.
  static func gatheringWrites(_ body: String, isWaking: Bool = false) -> RedisScript {
    let publish = "if woken then redis.pcall('PUBLISH', KEYS[1], woken) end"
    return script(
      """
      \(need)
      local writes\(isWaking ? ", woken" : "") = {}
      local function write(...) writes[#writes + 1] = {...} end
      local function run()
      \(body)
      end
      local reply, isUnfinished = run()
      local asked = {}
      for place, parts in ipairs(writes) do
        local command = parts[1]
        -- Enough for Redis to find the key by; a value behind it would be copied for nothing.
        if place > 1 and not asked[command] then need(unpack(parts, 1, math.min(#parts, 4))) end
        asked[command] = true
      end
      for _, parts in ipairs(writes) do redis.call(unpack(parts)) end
      \(isWaking ? publish : "")
      return reply, isUnfinished
      """)
  }
}
