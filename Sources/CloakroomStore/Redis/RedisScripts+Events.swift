internal import CloakroomRedis

extension RedisScripts {
  /// PUBLISH, for the sake of its record.
  ///
  /// A message can't be taken back. `once` hands a function over that makes the first write on the
  /// record, as Redis would refuse it only then (no memory, a replica, …): it is called before.
  static let publish = script(
    """
    local reserve = ...
    if reserve then
      \(need("'PUBLISH', KEYS[1], ''"))
      reserve()
    end
    return redis.call('PUBLISH', KEYS[1], ARGV[1])
    """)

  /// PUBLISH, unless the key holds a definition that the message was not made by.
  ///
  /// The key is named as the channel is: to Redis a key and a channel are different things. ARGV: the
  /// message, the digest of the definition that it was made by ('' for none), the definition's life in
  /// ms. → the number of receivers, or the definition with its digest before it: no answer to be kept,
  /// as it will be tried again.
  static let publishDefined = script(
    """
    local reserve = ...
    local digest = redis.call('GETRANGE', KEYS[1], 0, 39)
    if digest ~= '' then
      if digest ~= ARGV[2] then return redis.call('GET', KEYS[1]), true end
      \(need("'PUBLISH', KEYS[1], ''"))
      redis.call('PEXPIRE', KEYS[1], ARGV[3])
    elseif reserve then
      \(need("'PUBLISH', KEYS[1], ''"))
      reserve()
    end
    return redis.call('PUBLISH', KEYS[1], ARGV[1])
    """)
}
