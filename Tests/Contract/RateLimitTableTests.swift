import CloakroomCore
import CloakroomStore
import Support
import Testing

/// The published table of throttled (`TestRateLimit`) and redis-cell (`it_rate_limits`), which is the same: one a
/// second with four more at once, on one key.
@Suite("A rate limit, against what throttled and redis-cell publish,", .timeLimit(.minutes(1)))
struct RateLimitTableTests {
  struct Row {
    let atMs: Int64
    let cost: Int64
    let isAllowed: Bool
    let remaining: Int64
    let resetMs: Int64
    /// Ours is 0 where it is allowed. Theirs is -1 there, which no `Retry-After` can say.
    let retryAfterMs: Int64
  }

  /// Row 0 of the table, a cost of 6, is not here: theirs answers that it is limited and names no wait, ours says
  /// that no wait will do.
  static let rows: [Row] = [
    Row(atMs: 0, cost: 1, isAllowed: true, remaining: 4, resetMs: 1000, retryAfterMs: 0),
    Row(atMs: 0, cost: 1, isAllowed: true, remaining: 3, resetMs: 2000, retryAfterMs: 0),
    Row(atMs: 0, cost: 1, isAllowed: true, remaining: 2, resetMs: 3000, retryAfterMs: 0),
    Row(atMs: 0, cost: 1, isAllowed: true, remaining: 1, resetMs: 4000, retryAfterMs: 0),
    Row(atMs: 0, cost: 1, isAllowed: true, remaining: 0, resetMs: 5000, retryAfterMs: 0),
    Row(atMs: 0, cost: 1, isAllowed: false, remaining: 0, resetMs: 5000, retryAfterMs: 1000),
    Row(atMs: 3000, cost: 1, isAllowed: true, remaining: 2, resetMs: 3000, retryAfterMs: 0),
    Row(atMs: 3100, cost: 1, isAllowed: true, remaining: 1, resetMs: 3900, retryAfterMs: 0),
    Row(atMs: 4000, cost: 1, isAllowed: true, remaining: 1, resetMs: 4000, retryAfterMs: 0),
    Row(atMs: 8000, cost: 1, isAllowed: true, remaining: 4, resetMs: 1000, retryAfterMs: 0),
    Row(atMs: 9500, cost: 1, isAllowed: true, remaining: 4, resetMs: 1000, retryAfterMs: 0),
    Row(atMs: 9500, cost: 0, isAllowed: true, remaining: 4, resetMs: 1000, retryAfterMs: 0),
    Row(atMs: 9500, cost: 2, isAllowed: true, remaining: 2, resetMs: 3000, retryAfterMs: 0),
    Row(atMs: 9500, cost: 5, isAllowed: false, remaining: 2, resetMs: 3000, retryAfterMs: 3000),
  ]

  @Test("answers as they do", arguments: ContractStores.withInjectedClock)
  func table(kind: ContractStore) async throws {
    try await kind.run { store in
      let (key, limit) = (store.key("foo"), try RateLimit.of(1, inMs: 1000, burst: 5))
      #expect(throws: RPCError.self) { try RateDemand(key, limit, cost: 6) }
      var now: Int64 = 0
      for (number, row) in Self.rows.enumerated() {
        await store.advance(by: row.atMs - now)
        now = row.atMs
        let (isTaken, standing) = try await store.take(key, limit, cost: row.cost)
        #expect(isTaken == row.isAllowed, "row \(number + 1)")
        #expect(standing.remaining == row.remaining, "row \(number + 1)")
        #expect(standing.resetMs == row.resetMs, "row \(number + 1)")
        #expect((isTaken ? 0 : standing.retryAfterMs) == row.retryAfterMs, "row \(number + 1)")
      }
    }
  }
}
