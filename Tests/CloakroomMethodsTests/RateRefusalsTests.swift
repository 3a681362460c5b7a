import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("What the sidecar refuses by itself", .timeLimit(.minutes(1)), .serialized)
struct RateRefusalsTests {
  private static let ms: UInt64 = 1_000_000

  private static func demand(_ key: String, cost: Int64 = 1) throws -> RateDemand {
    let limit = try RateLimit(limit: 10, window: TimeToLive(seconds: 10))
    return try RateDemand(StoreKey(bytes: ByteBuffer(string: key)), limit, cost: cost)
  }

  /// How a limit stands that is to be waited for so long.
  private static func refused(_ demand: RateDemand, waitMs: Int64) -> RateStanding {
    RateStanding(
      demand.limit,
      ahead: demand.limit.difference(
        demand.limit.sum(demand.limit.capacity, RateSpan(microseconds: waitMs * 1000, part: 0)),
        demand.cost),
      cost: demand.cost)
  }

  @Test("is what the store has refused, for as long as it holds and a second at most")
  func life() throws {
    for (waitMs, until) in [(300, 300), (5000, 1000)] as [(Int64, UInt64)] {
      let (refusals, demand) = (RateRefusals(), try Self.demand("k"))
      let standing = Self.refused(demand, waitMs: waitMs)
      #expect(standing.retryAfterMs == waitMs)
      let start = 50 * Self.ms
      let question = RateRefusals.question(at: start)
      // The answer took 20 ms, and counts from the question.
      refusals.remember(demand, standing, since: question, at: start + 20 * Self.ms)
      let told = refusals.standing(of: demand, at: start + 120 * Self.ms)
      #expect(told?.retryAfterMs == waitMs - 100)
      #expect(refusals.standing(of: try Self.demand("other"), at: start) == nil)
      #expect(refusals.standing(of: try Self.demand("k", cost: 2), at: start) == nil)
      #expect(refusals.standing(of: demand, at: start + until * Self.ms - 1) != nil)
      #expect(refusals.standing(of: demand, at: start + until * Self.ms) == nil)
    }
  }

  @Test("is nothing that is over at once")
  func short() throws {
    let (refusals, demand) = (RateRefusals(), try Self.demand("k"))
    refusals.remember(
      demand, Self.refused(demand, waitMs: 4), since: RateRefusals.question(at: 0), at: 0)
    #expect(refusals.standing(of: demand, at: 0) == nil)
  }

  @Test("is forgotten with a reset, also what was asked before it")
  func reset() throws {
    let (refusals, demand) = (RateRefusals(), try Self.demand("k"))
    let standing = Self.refused(demand, waitMs: 900)
    let before = RateRefusals.question(at: 0)
    refusals.remember(demand, standing, since: before, at: 0)
    RateRefusals.forget()
    #expect(refusals.standing(of: demand, at: 1) == nil)
    refusals.remember(demand, standing, since: before, at: 2)
    #expect(refusals.standing(of: demand, at: 3) == nil)
    refusals.remember(demand, standing, since: RateRefusals.question(at: 3), at: 3)
    #expect(refusals.standing(of: demand, at: 4) != nil)
  }

  @Test("is no more than 4,096 keys")
  func bounded() throws {
    let refusals = RateRefusals()
    let demands = try (0..<5000).map { try Self.demand("\($0)") }
    for demand in demands {
      refusals.remember(
        demand, Self.refused(demand, waitMs: 900), since: RateRefusals.question(at: 0), at: 0)
    }
    // It begins anew when it is full.
    #expect(
      demands.indices.filter { refusals.standing(of: demands[$0], at: 1) != nil }
        == Array(4096..<5000))
  }
}
