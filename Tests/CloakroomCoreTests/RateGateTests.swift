import CloakroomCore
import Testing

@Suite("A rate gate", .timeLimit(.minutes(1)))
struct RateGateTests {
  static let second: UInt64 = 1_000_000_000

  static func gate(_ perSecond: Int, burst: Int) -> RateGate {
    RateGate(.init(perSecond: perSecond, burst: burst))
  }

  @Test("lets a burst through at once, then calls at its rate, however long it was quiet")
  func burst() {
    for start in [0, 1, Self.second, 1 << 61] as [UInt64] {
      let gate = Self.gate(10, burst: 3)
      for _ in 0..<3 { #expect(gate.pass(at: start) == nil) }
      #expect(gate.pass(at: start) == Self.second / 10)
      #expect(gate.pass(at: start + Self.second / 10 - 1) == 1)
      #expect(gate.pass(at: start + Self.second / 10) == nil)
      #expect(gate.pass(at: start + Self.second / 10) == Self.second / 10)
      let later = start + 1000 * Self.second
      for _ in 0..<3 { #expect(gate.pass(at: later) == nil) }
      #expect(gate.pass(at: later) != nil)
    }
  }

  @Test(
    "never lets more through than its rate and one burst, whatever the times of the calls",
    arguments: [1, 3, 7, 1000, 333_333], [1, 2, 50])
  func sustained(perSecond: Int, burst: Int) {
    let gate = Self.gate(perSecond, burst: burst)
    var now: UInt64 = 0
    var passed = 0
    var steps = 0
    while passed < burst + 100 {
      if gate.pass(at: now) == nil { passed += 1 }
      // Steps of uneven length around the gate's own interval.
      now += Self.second / UInt64(perSecond) / UInt64(1 + steps % 5)
      steps += 1
      let earned = Double(now) / Double(Self.second) * Double(perSecond)
      #expect(Double(passed) <= Double(burst) + earned + 1e-6)
    }
    #expect(steps > 100)
  }

  @Test("is changed by no call that it refuses")
  func refused() {
    let gate = Self.gate(1, burst: 1)
    #expect(gate.pass(at: 0) == nil)
    for now in stride(from: 0, to: Self.second, by: 10_000_000) {
      #expect(gate.pass(at: now) == Self.second - now)
    }
    #expect(gate.pass(at: Self.second) == nil)
  }

  @Test("takes rates and bursts at the edges of what can be configured")
  func edges() {
    let widest = Self.gate(.max, burst: .max)
    for _ in 0..<1000 { #expect(widest.pass(at: 0) == nil) }
    let slow = Self.gate(1, burst: .max)
    for _ in 0..<1000 { #expect(slow.pass(at: 1 << 61) == nil) }
    let least = Self.gate(.min, burst: .min)
    #expect(least.pass(at: 0) == nil)
    #expect(least.pass(at: 0) == Self.second)
  }

  @Test("lets exactly one burst through when many threads come at once")
  func concurrency() async {
    let gate = Self.gate(1, burst: 1000)
    let passed = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<500).reduce(0) { count, _ in gate.pass(at: 7) == nil ? count + 1 : count }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(passed == 1000)
  }
}
