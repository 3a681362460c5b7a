import CloakroomCore
import Testing

@Suite("A TTL", .timeLimit(.minutes(1)))
struct TimeToLiveTests {
  @Test(
    "is read from digits and a unit",
    arguments: [
      ("500ms", 500), ("90s", 90_000), ("30m", 1_800_000), ("30min", 1_800_000),
      ("24h", 86_400_000), ("7d", 604_800_000), ("3650d", 315_360_000_000),
    ] as [(String, Int64)])
  func units(text: String, milliseconds: Int64) throws {
    #expect(try TimeToLive(text: text.utf8).milliseconds == milliseconds)
  }

  @Test(
    "is refused when it is zero, negative, fractional, without a unit or past ten years",
    arguments: [
      "", "0s", "-1s", "1.5h", "90", "s", "ms", "1 s", "3651d", "999999999999d", "9999999999999ms",
      "1w", "1minute", "１s",
    ])
  func refused(text: String) {
    #expect {
      try TimeToLive(text: text.utf8)
    } throws: { error in
      (error as? RPCError)?.reason == .ttlInvalid
    }
  }
}
