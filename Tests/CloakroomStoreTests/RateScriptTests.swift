import CloakroomCore
import NIOCore
import Support
import Testing

@testable import CloakroomStore

/// The script itself, at times of the test's own.
@Suite("The script of rate limits", .timeLimit(.minutes(2)))
struct RateScriptTests {
  /// A Redis to which it is a certain time, far enough from now that nothing is over to it.
  private struct Trial {
    let server = Result { try RedisServer() }
    /// Noon of a day in 2099, in microseconds: setting the sidecar's date doesn't change it.
    var now: Int64 = 4_084_084_800_000_000
    let key = StoreKey(bytes: ByteBuffer(string: "key"))

    func run(_ demands: [RateDemand]) throws -> (isTaken: Bool, ahead: [RateSpan]) {
      let source = try #require(TakeRates.redis.script).source.replacing(
        "redis.call('TIME')", with: "{'\(now / 1_000_000)', '\(now % 1_000_000)'}")
      let step = TakeRates(demands)
      let parts =
        step.keys.map { String(buffer: $0.bytes) }
        + step.arguments.map { argument in
          if case .integer(let number) = argument { "\(number)" } else { "" }
        }
      let reply = try server.get().command(["EVAL", source, "\(step.keys.count)"] + parts)
      let numbers = reply.split(separator: "\n").compactMap { Int64($0) }
      #expect(numbers.count == 2 + 2 * demands.count && numbers[1] == now)
      let ahead = (0..<demands.count).map {
        RateSpan(microseconds: numbers[2 + 2 * $0], part: numbers[3 + 2 * $0])
      }
      return (numbers[0] == 1, ahead)
    }
  }

  @Test("is what an exact bucket says, to the microsecond", arguments: 0..<6 as Range<UInt64>)
  func model(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    var trial = Trial()
    // Windows of a second to ten years; limits up to the largest there is.
    let window = Int64.random(in: 1...(seed % 2 == 0 ? 5000 : 315_360_000_000), using: &random)
    let limit = try RateLimit(
      limit: .random(in: 1...(seed % 3 == 0 ? 1_000_000_000 : 1000), using: &random),
      window: TimeToLive(milliseconds: window), burst: 1)
    let burst = min(1000, max(1, limit.limit / 2))
    let rate = try RateLimit(
      limit: limit.limit, window: TimeToLive(milliseconds: window), burst: burst)
    var model = LeakyModel(
      limit: rate.limit, windowMicroseconds: rate.windowMicroseconds, burst: burst, at: trial.now)
    let share = rate.windowMicroseconds / rate.limit
    for _ in 0..<150 {
      let cost = Int64.random(in: 1...burst, using: &random)
      if Bool.random(using: &random) {
        trial.now += Int64.random(in: 0...min(share * 3 + 2, 1 << 45), using: &random)
      }
      model.advance(to: trial.now)
      let wait = model.waitMs(for: cost)
      let isAllowed = model.take(cost)
      let (isTaken, ahead) = try trial.run([try RateDemand(trial.key, rate, cost: cost)])
      let span = try #require(rate.span(of: cost))
      let before = RateStanding(rate, ahead: try #require(ahead.first), cost: span)
      #expect(isTaken == isAllowed)
      let after = isTaken ? before.taken : before
      #expect(after.remaining == model.remaining && after.resetMs == model.resetMs)
      if !isTaken { #expect(before.retryAfterMs == wait) }
    }
  }

  @Test("keeps no state for longer than it says something, and no shorter")
  func life() throws {
    var trial = Trial()
    let rate = try RateLimit(limit: 7, window: TimeToLive(milliseconds: 1000))
    for (step, cost) in [(0, 1), (1, 2), (333, 3), (1_000_000, 7)] as [(Int64, Int64)] {
      trial.now += step
      let (isTaken, ahead) = try trial.run([try RateDemand(trial.key, rate, cost: cost)])
      #expect(isTaken)
      let after = rate.sum(try #require(ahead.first), try #require(rate.span(of: cost)))
      let end = trial.now + after.microseconds + (after.part > 0 ? 1 : 0)
      let kept = try #require(Int64(try trial.server.get().command(["PEXPIRETIME", "key"])))
      #expect(kept == (end + 999) / 1000)
    }
  }

  @Test("waits for what it is told at most, when the clock is put back")
  func clock() throws {
    var trial = Trial()
    let rate = try RateLimit(limit: 5, window: TimeToLive(milliseconds: 1000))
    #expect(try trial.run([try RateDemand(trial.key, rate, cost: 5)]).isTaken)
    trial.now -= 3_600_000_000
    let (isTaken, ahead) = try trial.run([try RateDemand(trial.key, rate)])
    #expect(!isTaken && ahead == [RateSpan(microseconds: 1_000_000, part: 0)])
  }

  @Test(
    "takes what another program has written for nothing, or for all that it can be",
    arguments: ["", "x", "1000000 5 0 5", "1000000 99999999999999999999999999 0 5"])
  func foreign(text: String) throws {
    let trial = Trial()
    _ = try trial.server.get().command(["SET", "key", text])
    let rate = try RateLimit(limit: 5, window: TimeToLive(milliseconds: 1000))
    #expect(try trial.run([try RateDemand(trial.key, rate)]).isTaken)
  }
}
