package import CloakroomCore
package import CloakroomRedis

/// Looks at limits, and takes nothing.
package struct PeekRates: StoreStep {
  package let demands: [RateDemand]

  /// - Parameter demands: at least one, and at most `RateDemand.limit`.
  package init(_ demands: [RateDemand]) { self.demands = demands }

  package func perform(in store: MemoryStore) throws(RPCError) -> RateLook {
    try store.rate(demands, taking: false)
  }

  package static let redis = RedisForm.script(.read, RateScript.look + "\nreturn reply")

  package var keys: [StoreKey] { RateScript.names(demands) }
  package var arguments: [RedisArgument] { RateScript.arguments(demands) }

  package static func read(_ reply: borrowing RESPReply) throws(RPCError) -> RateLook? {
    try RateScript.read(reply)
  }
}
