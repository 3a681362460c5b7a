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

  @Test(
    "is put back by the first reply after a reconnect no further than that reply was late",
    arguments: [
      (late: 80, heard: 0, known: 60_000), (late: 80, heard: 80, known: 60_000),
      (late: 80, heard: 100, known: 59_980), (late: 80, heard: -10, known: 60_010),
      (late: 0, heard: 80, known: 59_920), (late: 0, heard: 70_000, known: -10_000),
    ] as [(late: Int64, heard: Int64, known: Int64)])
  func reconnected(late: Int64, heard: Int64, known: Int64) {
    var clock = RedisClock()
    let start = StoreClock.system.now
    let date = StoreClock.system.date - start
    // A Redis that is a minute ahead.
    clock.learn(date + start + 60_000, at: start)
    clock.forget()
    let isAsked = clock.isToBeRead(at: start)
    #expect(isAsked)
    // The reply says what the time was at some moment since it was asked for.
    clock.learn(date + start + late + 60_000 - heard, at: start + late)
    #expect(abs(clock.timeMs - StoreClock.system.now - date - known) <= 1)
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
