package import CloakroomCore
package import CloakroomRedis

/// Takes what several limits cost, if every one of them allows it, and nothing otherwise.
package struct TakeRates: StoreStep {
  package let demands: [RateDemand]

  /// - Parameter demands: at least one, and at most `RateDemand.limit`.
  package init(_ demands: [RateDemand]) { self.demands = demands }

  package func perform(in store: MemoryStore) throws(RPCError) -> RateLook {
    try store.rate(demands, taking: true)
  }

  package static let redis = RedisForm.script(
    .write, [RateScript.look, RateScript.write].joined(separator: "\n"))

  package var keys: [StoreKey] { RateScript.names(demands) }
  package var arguments: [RedisArgument] { RateScript.arguments(demands) }

  package static func read(_ reply: borrowing RESPReply) throws(RPCError) -> RateLook? {
    try RateScript.read(reply)
  }

  package static func hasEffect(_ reply: RateLook) -> Bool { reply.isTaken }
}
