import CloakroomCore
import CloakroomStore
import Support
import Testing

extension RateLimit {
  /// A limit of so many in so many milliseconds.
  static func of(_ limit: Int64, inMs window: Int64, burst: Int64? = nil) throws -> RateLimit {
    try RateLimit(limit: limit, window: TimeToLive(milliseconds: window), burst: burst)
  }
}

extension StoreHarness {
  /// Takes what limits cost, if they allow it.
  func take(_ demands: [RateDemand]) async throws -> (isTaken: Bool, standings: [RateStanding]) {
    let look = try await step(TakeRates(demands)).get()
    return (look.isTaken, look.standings(of: demands))
  }

  /// Takes a cost of one limit; how it stands then, or has stood if it was not taken.
  func take(
    _ key: StoreKey, _ limit: RateLimit, cost: Int64 = 1
  ) async throws -> (isTaken: Bool, standing: RateStanding) {
    let demand = try RateDemand(key, limit, cost: cost)
    let reply = await perform(.takeRate(demand))
    if case .failure(let error) = reply { throw error }
    guard case .rate(let outcome) = reply else { throw RPCError.unexpectedReply }
    let standing = RateStanding(limit, ahead: outcome.ahead, cost: demand.cost)
    #expect(outcome.isTaken || !standing.isAllowed)
    return (outcome.isTaken, standing)
  }

  /// How a limit stands.
  func peek(_ key: StoreKey, _ limit: RateLimit, cost: Int64 = 1) async throws -> RateStanding {
    let demand = try RateDemand(key, limit, cost: cost)
    let look = try await step(PeekRates([demand])).get()
    #expect(!look.isTaken)
    return try #require(look.standings(of: [demand]).first)
  }

  /// Takes as many as it gets, one after the other.
  func exhaust(_ key: StoreKey, _ limit: RateLimit, atMost most: Int = 10_000) async throws -> Int {
    for count in 0..<most {
      guard try await take(key, limit).isTaken else { return count }
    }
    return most
  }
}
