internal import CloakroomRedis

/// Variants of scripts that act once for each idempotency key, and the scripts for what is no script itself.
extension RedisScripts {
  /// The word that a script's error begins with when the record is another call's.
  static let mismatch = "IDEMPOTENCYMISMATCH"
  /// The word that a script's error begins with when what the record has as the answer is none.
  static let unreadable = "NOTANSWER"

  /// What reads a kept answer.
  private static let answered = """
    local function answered(text)
      local isRead, answer = pcall(cmsgpack.unpack, text)
      if isRead and text ~= '' then return answer end
      return redis.error_reply('\(unreadable) what was kept of the answer is none')
    end
    """

  /// Any single command on one key. ARGV: its name, and what follows the key.
  ///
  /// It is called with as many arguments as Lua's `unpack` is given; Lua takes some 8,000.
  static let single = script("return redis.call(ARGV[1], KEYS[1], unpack(ARGV, 2))")

  /// PUBLISH, as a script, for its variant. A message can't be taken back, so the first write
  /// into the idempotency record comes before it: Redis would refuse that later (no memory, a replica, …).
  static let publish = script(
    """
    local reserve = ...
    if reserve then
      \(need("'PUBLISH', KEYS[1], ''"))
      reserve()
    end
    return redis.call('PUBLISH', KEYS[1], ARGV[1])
    """)

  /// What does nothing, as a script, for its variant.
  static let nothing = script("return 1")

  /// The answer to a step in an idempotency record. ARGV: fingerprint, step. → what a variant answers again, or nil.
  static let recall = script(
    """
    \(answered)
    local kept = redis.call('HMGET', KEYS[1], 'fingerprint', ARGV[2])
    if kept[1] and kept[1] ~= ARGV[1] then
      return redis.error_reply('\(mismatch) the record is of another call')
    end
    return kept[2] and answered(kept[2])
    """)

  /// The variant of a script that keeps its answer in an idempotency record, and that answers
  /// from there when it is called again.
  ///
  /// Behind the script's own KEYS stands the idempotency record's name, and behind its ARGV a fingerprint, the
  /// number of a step, the record's life in ms, and a note ('' is none): with one, the answer is {note,
  /// what the script answers}. A record is a hash of the fingerprint and, by
  /// step, of the answers. They are packed by cmsgpack: to it a Lua string is bytes, so that a value
  /// comes back as it is, and nil, false, status and integer stay what they are. An error that is
  /// answered or raised is Redis' own, and nothing was done: it is not kept. Neither is what a script
  /// returns with `true` behind it, a second value that Redis itself has no use for: there is more to
  /// come, and the same step is taken again. What is kept is written
  /// last: a script that has written is refused no further write for lack of memory, and whether the
  /// user may write the record is asked before. A script that tells something, and so begins with
  /// `local reserve = ...`, gets that behind KEYS and ARGV.
  static func idempotent(_ script: RedisScript) -> RedisScript {
    variants[script.digest] ?? vary(script)
  }

  /// By the digest of the script that they are variants of.
  private static let variants = Dictionary(
    changing.map { ($0.digest, vary($0)) }, uniquingKeysWith: { first, _ in first })

  /// The first write, for a script that does something before it which can't be taken back.
  private static let reserve =
    "local function reserve() redis.call('HSET', idempotency, 'fingerprint', fingerprint) end"

  private static func vary(_ script: RedisScript) -> RedisScript {
    let isTelling = script.source.hasPrefix("local reserve = ...")
    return Self.script(
      """
      \(answered)
      local idempotency = table.remove(KEYS)
      local note, life = table.remove(ARGV), table.remove(ARGV)
      local step, fingerprint = table.remove(ARGV), table.remove(ARGV)
      local kept = redis.call('HMGET', idempotency, 'fingerprint', step)
      if kept[1] and kept[1] ~= fingerprint then
        return redis.error_reply('\(mismatch) the record is of another call')
      end
      if kept[2] then return answered(kept[2]) end
      \(need("'HSET', idempotency, '0', '0'"))
      if not kept[1] then
        \(need("'PEXPIRE', idempotency, '0'"))
      end
      \(isTelling ? reserve : "")
      local function mutate(KEYS, ARGV\(isTelling ? ", ..." : ""))
      \(script.source)
      end
      local reply, isUnfinished = mutate(KEYS, ARGV\(isTelling ? ", reserve" : ""))
      if isUnfinished then return reply end
      if type(reply) == 'table' and reply.err then return reply end
      local answer = reply
      if note ~= '' then answer = {note, reply} end
      redis.call('HSET', idempotency, 'fingerprint', fingerprint, step, cmsgpack.pack(answer))
      if not kept[1] then redis.call('PEXPIRE', idempotency, life) end
      return answer
      """)
  }
}
