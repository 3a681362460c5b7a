package import CloakroomCore
package import CloakroomRedis

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
