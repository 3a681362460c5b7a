internal import CloakroomRedis

extension RedisScripts {
  /// PUBLISH, unless the key holds a definition that the message was not made by.
  ///
  /// The key is named as the channel is: to Redis a key and a channel are different things. ARGV: the
  /// message, the digest of the definition that it was made by ('' for none), the definition's life in
  /// ms. → the number of receivers, or the definition with its digest before it: no answer to be kept,
  /// as it will be tried again.
  static let publishDefined = script(
    """
    local digest = redis.call('GETRANGE', KEYS[1], 0, 39)
    if digest ~= '' then
      if digest ~= ARGV[2] then return redis.call('GET', KEYS[1]), true end
      redis.call('PEXPIRE', KEYS[1], ARGV[3])
    end
    return redis.call('PUBLISH', KEYS[1], ARGV[1])
    """)
}
