import CloakroomCore
import CloakroomRedis
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

    /// Takes limits, or looks at them; one alone by the script for it, unless it is to be a list.
    func run(
      _ demands: [RateDemand], isList: Bool = false, isPeek: Bool = false
    ) throws -> (isTaken: Bool, ahead: [RateSpan]) {
      guard let demand = demands.first, demands.count == 1, !isList, !isPeek else {
        let script = isPeek ? PeekRates.redis.script : TakeRates.redis.script
        let step = TakeRates(demands)
        let arguments = step.arguments.map { argument in
          if case .integer(let number) = argument { "\(number)" } else { "" }
        }
        let numbers = try call(script, step.keys, arguments)
        #expect(numbers.count == 2 + 2 * demands.count && numbers[1] == now)
        let places = stride(from: 2, to: numbers.count - 1, by: 2)
        let ahead = places.map { (place: Int) -> RateSpan in
          RateSpan(microseconds: numbers[place], part: numbers[place + 1])
        }
        return (numbers[0] == 1, ahead)
      }
      let (limit, cost) = (demand.limit, demand.cost)
      var arguments = [
        limit.windowMicroseconds, limit.limit, limit.capacity.microseconds, cost.microseconds,
      ]
      if limit.capacity.part != 0 || cost.part != 0 {
        arguments += [limit.capacity.part, cost.part]
      }
      let numbers = try call(RateScript.takeOne, [demand.key], arguments.map { "\($0)" })
      guard numbers.count == 5 else {
        #expect(numbers.count == 4 && numbers[1] == now)
        let ahead = RateSpan(microseconds: numbers[2], part: numbers[3])
        return (numbers[0] == 1, [numbers[0] == 1 ? limit.difference(ahead, cost) : ahead])
      }
      #expect(numbers[0] == limit.windowMicroseconds && numbers[3] == limit.limit)
      #expect(numbers[4] == now)
      let after = RateSpan(microseconds: numbers[1] - now, part: numbers[2])
      return (true, [limit.difference(after, cost)])
    }

    private func call(
      _ script: RedisScript?, _ keys: [StoreKey], _ arguments: [String]
    ) throws -> [Int64] {
      let source = try #require(script).source
        .replacing("redis.call('TIME')", with: time).replacing("call('TIME')", with: time)
      let names = keys.map { String(buffer: $0.bytes) }
      let command: [String] = ["EVAL", source, "\(keys.count)"] + names + arguments
      let reply = try server.get().command(command)
      return reply.split { $0 == "\n" || $0 == " " }.compactMap { Int64($0) }
    }

    private var time: String { "{'\(now / 1_000_000)', '\(now % 1_000_000)'}" }
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

  /// What a limit in a second was and has become, each with its burst, and what a call costs then.
  static let changes: [(was: (Int64, Int64), is: (Int64, Int64), cost: Int64)] = [
    ((60, 60), (60, 5), 1), ((60, 60), (60, 5), 5), ((60, 60), (60, 1), 1), ((7, 70), (7, 3), 2),
    ((7, 7), (13, 2), 1), ((3, 30), (100, 10), 10), ((7, 70), (5, 3), 1),
  ]

  @Test(
    "lets who waits as long as a peek or a check tells through, also after a larger burst",
    arguments: 0..<changes.count, [false, true])
  func lowered(row: Int, hasAnotherWindow: Bool) throws {
    let change = Self.changes[row]
    var trial = Trial()
    let second = try TimeToLive(milliseconds: 1000)
    let was = try RateLimit(limit: change.was.0, window: second, burst: change.was.1)
    let limit = try RateLimit(limit: change.is.0, window: second, burst: change.is.1)
    // Another window on the key stays as it was, and so does another key.
    let hour = try RateLimit(limit: 9, window: TimeToLive(milliseconds: 3_600_000))
    let other = StoreKey(bytes: ByteBuffer(string: "other"))
    if hasAnotherWindow { #expect(try trial.run([RateDemand(trial.key, hour)]).isTaken) }
    #expect(try trial.run([RateDemand(trial.key, was, cost: was.burst)]).isTaken)
    let demand = try RateDemand(trial.key, limit, cost: change.cost)
    let looks = [
      try trial.run([demand], isPeek: true), try trial.run([demand]),
      try trial.run([demand], isList: true),
      try trial.run([demand, RateDemand(other, limit)]),
    ]
    let ahead = try #require(looks[0].ahead.first)
    for (isTaken, told) in looks { #expect(!isTaken && told.first == ahead) }
    #expect(ahead >= was.capacity)
    let wait = RateStanding(limit, ahead: ahead, cost: demand.cost).wait
    trial.now += wait.microseconds + (wait.part > 0 ? 1 : 0) - 1
    #expect(try trial.run([demand]).isTaken == false)
    trial.now += 1
    #expect(try trial.run([demand]).isTaken)
    #expect(try trial.run([RateDemand(other, limit)]).ahead == [.zero])
    let rest = try #require(try trial.run([RateDemand(trial.key, hour)]).ahead.first)
    #expect((rest.microseconds > 0) == hasAnotherWindow)
  }

  @Test(
    "gives nothing back to a larger burst when a lower one is refused", arguments: [false, true])
  func mixed(isList: Bool) throws {
    let trial = Trial()
    let second = try TimeToLive(milliseconds: 1000)
    let large = try RateLimit(limit: 60, window: second)
    let small = try RateLimit(limit: 60, window: second, burst: 5)
    #expect(try trial.run([RateDemand(trial.key, large, cost: 58)], isList: isList).isTaken)
    for _ in 0..<3 {
      #expect(try trial.run([RateDemand(trial.key, small)], isList: isList).isTaken == false)
    }
    for isTaken in [true, true, false] {
      #expect(try trial.run([RateDemand(trial.key, large)], isList: isList).isTaken == isTaken)
    }
  }

  /// A limit and a burst in a second, how far the clock is put back (µs), and what a call costs then.
  static let putBack: [(limit: Int64, burst: Int64, back: Int64, cost: Int64)] = [
    (60, 60, 86_400_000_000, 1), (7, 7, 3_600_000_000, 3), (7, 70, 1000, 1), (7, 3, 1, 3),
  ]

  @Test(
    "counts from now on once a check was refused after the clock was put back",
    arguments: 0..<putBack.count, [1, 2, 3])
  func clock(row: Int, shape: Int) throws {
    let example = Self.putBack[row]
    var trial = Trial()
    let limit = try RateLimit(
      limit: example.limit, window: TimeToLive(milliseconds: 1000), burst: example.burst)
    let hour = try RateLimit(limit: 9, window: TimeToLive(milliseconds: 3_600_000))
    if shape == 3 { #expect(try trial.run([RateDemand(trial.key, hour)]).isTaken) }
    #expect(try trial.run([RateDemand(trial.key, limit, cost: limit.burst)]).isTaken)
    trial.now -= example.back
    let demand = try RateDemand(trial.key, limit, cost: example.cost)
    // Again and again: only a mere look changes nothing.
    for (isList, isPeek) in [(false, true), (false, true), (shape == 2, false), (false, false)] {
      let (isTaken, ahead) = try trial.run([demand], isList: isList, isPeek: isPeek)
      #expect(!isTaken && ahead == [limit.capacity])
    }
    let wait = RateStanding(limit, ahead: limit.capacity, cost: demand.cost).wait
    trial.now += wait.microseconds + (wait.part > 0 ? 1 : 0) - 1
    #expect(try trial.run([demand]).isTaken == false)
    trial.now += 1
    #expect(try trial.run([demand]).isTaken)
  }

  @Test("goes on from what an earlier version has written")
  func earlier() throws {
    let trial = Trial()
    let rate = try RateLimit(limit: 5, window: TimeToLive(milliseconds: 1000))
    for others in ["", ",60000000 \(trial.now + 1000) 0 60"] {
      let text = "1000000 \(trial.now + 800_000) 0 5" + others
      _ = try trial.server.get().command(["SET", "key", text])
      #expect(try trial.run([RateDemand(trial.key, rate)]).isTaken)
      #expect(try trial.run([RateDemand(trial.key, rate)]).isTaken == false)
    }
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
