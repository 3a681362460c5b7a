package import CloakroomCore
package import CloakroomRedis

/// Takes what several limits cost, if every one of them allows it, and nothing otherwise. One alone is taken
/// faster by `StoreCommand.takeRate`.
package struct TakeRates: StoreStep {
  package let demands: [RateDemand]

  /// - Parameter demands: at least one, and at most `RateDemand.limit`, none with the key and window of another.
  package init(_ demands: [RateDemand]) { self.demands = demands }

  package var weight: Int { 1 + demands.count }

  package func perform(in store: MemoryStore) throws(RPCError) -> RateLook {
    try store.rate(demands, taking: true)
  }

  package static let redis = RedisForm.script(
    .write,
    [RateScript.clock, RateScript.look, RateScript.write, "return reply"].joined(separator: "\n"))

  package var keys: [StoreKey] { RateScript.names(demands) }
  package var arguments: [RedisArgument] { RateScript.arguments(demands) }

  package static func read(_ reply: borrowing RESPReply) throws(RPCError) -> RateLook? {
    try RateScript.read(reply)
  }

  package static func hasEffect(_ reply: RateLook) -> Bool { reply.isTaken }
}

/// Looks at limits, and takes nothing.
package struct PeekRates: StoreStep {
  package let demands: [RateDemand]

  /// - Parameter demands: at least one, and at most `RateDemand.limit`.
  package init(_ demands: [RateDemand]) { self.demands = demands }

  package var weight: Int { 1 + demands.count }

  package func perform(in store: MemoryStore) throws(RPCError) -> RateLook {
    try store.rate(demands, taking: false)
  }

  package static let redis = RedisForm.script(
    .read, [RateScript.clock, RateScript.look, "return reply"].joined(separator: "\n"))

  package var keys: [StoreKey] { RateScript.names(demands) }
  package var arguments: [RedisArgument] { RateScript.arguments(demands) }

  package static func read(_ reply: borrowing RESPReply) throws(RPCError) -> RateLook? {
    try RateScript.read(reply)
  }
}

/// Forgets what is known of the limits on keys, so that they are untouched. → of how many keys something was
/// known.
package struct ForgetRates: StoreStep {
  package let keys: [StoreKey]

  /// - Parameter keys: at least one, and at most `RateDemand.limit`.
  package init(_ keys: [StoreKey]) { self.keys = keys }

  package func perform(in store: MemoryStore) throws(RPCError) -> Int64 {
    store.rates.forget(keys)
  }

  package static let redis = RedisForm.script(.write, "return redis.call('UNLINK', unpack(KEYS))")

  package static func read(_ reply: borrowing RESPReply) -> Int64? {
    var reader = RESPReplyReader(reply)
    return reader.integer()
  }

  package static func hasEffect(_ reply: Int64) -> Bool { reply > 0 }
}
