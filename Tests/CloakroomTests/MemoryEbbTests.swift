import Testing

@testable import Cloakroom

@Suite("Memory is given back to the system", .timeLimit(.minutes(1)))
struct MemoryEbbTests {
  /// What is held in MiB, the most since the look before, at which second, and whether memory is given back.
  private typealias Look = (held: Int, peak: Int, second: Int, isDue: Bool)

  @Test(
    "once, when less than half is left of much",
    arguments: [
      ("little comes and goes", [(31, 31, 0, false), (0, 31, 1, false), (0, 0, 9, false)]),
      (
        "it falls by half",
        [(64, 64, 0, false), (32, 64, 1, false), (31, 32, 2, true), (31, 31, 9, false)]
      ),
      (
        "it rises and falls between two looks",
        [(0, 0, 0, false), (1, 500, 1, true), (1, 1, 9, false)]
      ),
      (
        "one storm follows the other",
        [
          (0, 100, 0, true), (0, 100, 1, false), (0, 0, 4, false), (0, 0, 5, true),
          (0, 0, 11, false),
        ]
      ),
      (
        "it falls little by little",
        [
          (100, 100, 0, false), (70, 100, 1, false), (49, 70, 2, false), (30, 49, 3, false),
          (30, 30, 4, true),
          (11, 30, 9, false), (11, 11, 10, false),
        ]
      ),
      (
        "it falls while it is looked at, and to nothing",
        [(64, 64, 0, false), (31, 64, 1, false), (0, 31, 2, false), (0, 0, 3, true)]
      ),
    ] as [(String, [(Int, Int, Int, Bool)])])
  func table(_ name: String, _ looks: [(Int, Int, Int, Bool)]) {
    var ebb = MemoryEbb()
    let start = ContinuousClock.now
    for look: Look in looks {
      let isDue = ebb.isDue(
        holding: look.held << 20, atMost: look.peak << 20, at: start + .seconds(look.second))
      #expect(isDue == look.isDue, "\(name), second \(look.second)")
    }
  }
}
