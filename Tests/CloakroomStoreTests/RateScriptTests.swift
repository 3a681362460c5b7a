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

  /// What a limit in a second was and has become, each with its burst, how far the clock is put back (µs), and what
  /// a call costs then.
  static let changes: [(was: (Int64, Int64), is: (Int64, Int64), back: Int64, cost: Int64)] = [
    ((60, 60), (60, 5), 0, 1), ((60, 60), (60, 5), 0, 5), ((60, 60), (60, 1), 0, 1),
    ((7, 70), (7, 3), 0, 2), ((7, 7), (13, 2), 0, 1), ((3, 30), (100, 10), 0, 10),
    ((60, 60), (60, 60), 86_400_000_000, 1), ((7, 7), (7, 7), 3_600_000_000, 3),
    ((7, 70), (5, 3), 1000, 1),
  ]

  @Test(
    "lets who waits as long as it is told through, also with a lower burst or the clock put back",
    arguments: 0..<changes.count)
  func lowered(row: Int) throws {
    let change = Self.changes[row]
    var trial = Trial()
    let second = try TimeToLive(milliseconds: 1000)
    let was = try RateLimit(limit: change.was.0, window: second, burst: change.was.1)
    let limit = try RateLimit(limit: change.is.0, window: second, burst: change.is.1)
    // Another window on the key stays as it was, and so does another key.
    let hour = try RateLimit(limit: 9, window: TimeToLive(milliseconds: 3_600_000))
    let other = StoreKey(bytes: ByteBuffer(string: "other"))
    #expect(try trial.run([RateDemand(trial.key, hour)]).isTaken)
    #expect(try trial.run([RateDemand(trial.key, was, cost: was.burst)]).isTaken)
    trial.now -= change.back
    let demand = try RateDemand(trial.key, limit, cost: change.cost)
    let (isTaken, ahead) = try trial.run([demand, RateDemand(other, limit)])
    #expect(!isTaken && ahead.first == limit.capacity)
    let wait = RateStanding(limit, ahead: limit.capacity, cost: demand.cost).wait
    trial.now += wait.microseconds + (wait.part > 0 ? 1 : 0) - 1
    #expect(try trial.run([demand]).isTaken == false)
    trial.now += 1
    #expect(try trial.run([demand]).isTaken)
    #expect(try trial.run([RateDemand(other, limit)]).ahead == [.zero])
    #expect(try trial.run([RateDemand(trial.key, hour)]).ahead.first?.microseconds ?? 0 > 0)
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
