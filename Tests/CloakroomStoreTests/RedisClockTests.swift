import Testing

@testable import CloakroomStore

@Suite("The time of a Redis", .timeLimit(.minutes(1)))
struct RedisClockTests {
  /// How far a clock is ahead of this machine's date, in milliseconds, give or take a moment.
  private static func ahead(_ clock: RedisClock) -> Int64 {
    Int64((Double(clock.timeMs - StoreClock.system.date) / 1000).rounded())
  }

  @Test("is this machine's until it is known, and Redis' own from then on")
  func learned() {
    for seconds in [600, -600] as [Int64] {
      var clock = RedisClock()
      #expect(Self.ahead(clock) == 0)
      clock.learn(StoreClock.system.date + seconds * 1000)
      #expect(Self.ahead(clock) == seconds)
    }
  }

  @Test("is not put back by what has come late, but by another Redis")
  func late() {
    var clock = RedisClock()
    clock.learn(StoreClock.system.date + 60_000)
    clock.learn(StoreClock.system.date + 50_000)
    #expect(Self.ahead(clock) == 60)
    clock.learn(StoreClock.system.date + 70_000)
    #expect(Self.ahead(clock) == 70)
    clock.forget()
    clock.learn(StoreClock.system.date - 5000)
    #expect(Self.ahead(clock) == -5)
  }

  @Test("is asked for now and then, and once more when it is another's")
  func asked() {
    var clock = RedisClock()
    let (first, second) = (clock.isToBeRead(), clock.isToBeRead())
    clock.forget()
    let third = clock.isToBeRead()
    #expect(first && !second && third)
  }
}
