import Testing

@testable import CloakroomMethods

@Suite("The pace of a caller's reading", .timeLimit(.minutes(1)))
struct ReadingPaceTests {
  private static let second: UInt64 = 1_000_000_000

  @Test("begins with few, and grows while values turn out to be short")
  func growth() {
    var pace = ReadingPace()
    var counts: [Int] = []
    for _ in 0..<6 {
      counts.append(pace.count(now: 0))
      pace.learn(
        Array(repeating: 100, count: counts[counts.count - 1]), of: counts.last ?? 0, now: 0)
    }
    #expect(counts == [4, 16, 64, 128, 128, 128])
  }

  @Test("falls at once where they do not, and is not made to forget that by short ones")
  func fall() {
    var pace = ReadingPace()
    for _ in 0..<5 { pace.learn(Array(repeating: 10, count: 128), of: 128, now: 0) }
    #expect(pace.count(now: 0) == 128)
    pace.learn(Array(repeating: 1_000_000, count: 128), of: 128, now: 0)
    for _ in 0..<1000 {
      #expect(pace.count(now: 0) == 1)
      pace.learn([10], of: 1, now: 0)
    }
    // Half is forgotten each second; and then it grows from one step to the next.
    #expect(pace.count(now: 2 * Self.second) == 1)
    #expect(pace.count(now: 3 * Self.second) == 2)
    #expect(pace.count(now: 60 * Self.second) == 4)
    pace.learn(Array(repeating: 10, count: 4), of: 4, now: 60 * Self.second)
    #expect(pace.count(now: 60 * Self.second) == 16)
  }

  @Test("falls before values are read that are known to be long", arguments: [0, 100, 1_000_000])
  func knownValues(bytes: Int) {
    var pace = ReadingPace()
    for _ in 0..<5 { pace.learn(Array(repeating: 10, count: 128), of: 128, now: 0) }
    pace.expects(bytes, now: 0)
    #expect(pace.count(now: 0) == (bytes > 2048 ? 1 : 128))
  }

  @Test("forgets a long value also where short ones are read all the time")
  func busy() {
    var pace = ReadingPace()
    pace.learn([1_000_000], of: 1, now: 0)
    for tenth in UInt64(0)..<200 { pace.learn([10], of: 1, now: tenth * Self.second / 10) }
    #expect(pace.count(now: 20 * Self.second) == 4)
  }

  @Test("is by the longest, not by how many there are; what is not there is short")
  func length() {
    var pace = ReadingPace()
    for _ in 0..<4 { pace.learn([10_000, 0], of: 128, now: 0) }
    #expect(pace.count(now: 0) == 26)
    pace.learn([], of: 128, now: .max)
    #expect(pace.count(now: .max) == 128)
    #expect(pace.count(now: 0) == 128)
  }
}
