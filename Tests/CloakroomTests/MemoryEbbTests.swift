import Testing

@testable import Cloakroom

@Suite("Memory is given back to the system", .timeLimit(.minutes(1)))
struct MemoryEbbTests {
  /// What is kept in MiB, at which second, and what is left of it when it is given back.
  private typealias Look = (kept: Int, second: Int, rest: Int?)

  @Test(
    "once, when much is kept that is not in use",
    arguments: [
      ("little comes and goes", [(8, 0, nil), (39, 1, nil), (8, 2, nil), (40, 9, nil)]),
      ("much is freed", [(8, 0, nil), (41, 1, nil), (41, 2, 9), (9, 3, nil), (41, 9, nil)]),
      (
        "it is freed little by little",
        [(8, 0, nil), (100, 1, nil), (300, 2, nil), (301, 3, 8), (8, 4, nil)]
      ),
      (
        "one storm follows the other",
        [(8, 0, nil), (100, 1, nil), (100, 2, 8), (100, 3, nil), (100, 6, nil), (100, 7, 8)]
      ),
      (
        "what is in use lies between it",
        [(8, 0, nil), (500, 1, nil), (500, 2, 300), (310, 8, nil), (332, 9, nil), (333, 19, 8)]
      ),
      (
        "what was in use is freed later",
        [(8, 0, nil), (200, 1, nil), (200, 2, 190), (12, 9, nil), (45, 19, nil), (45, 20, 8)]
      ),
    ] as [(String, [(Int, Int, Int?)])])
  func table(_ name: String, _ looks: [(Int, Int, Int?)]) {
    var ebb = MemoryEbb()
    let start = ContinuousClock.now
    for look: Look in looks {
      let isDue = ebb.isDue(keeping: look.kept << 20, at: start + .seconds(look.second))
      #expect(isDue == (look.rest != nil), "\(name), second \(look.second)")
      if let rest = look.rest, isDue { ebb.gaveBack(keeping: rest << 20) }
    }
  }
}
