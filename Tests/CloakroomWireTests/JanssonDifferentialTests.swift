import CloakroomWire
import Testing

@Suite("Held against jansson", .timeLimit(.minutes(1)))
struct JanssonDifferentialTests {
  /// How the texts of one seed came out.
  private struct Tally {
    var accepted = 0
    var refused = 0
    var undecided = 0
  }

  private func compare(_ bytes: [UInt8], _ tally: inout Tally) {
    let verdict = bytes.withUnsafeBytes { JanssonVerdict($0) }
    switch verdict {
    case .accepts: tally.accepted += 1
    case .refuses: tally.refused += 1
    case .cannotTell: tally.undecided += 1
    }
    var refused = false
    var atNUL = false
    if case .failure(let fault) = scanned(bytes, depthLimit: JSONScanner.greatestDepthLimit) {
      refused = true
      if case .syntax(let offset) = fault, offset < bytes.count { atNUL = bytes[offset] == 0 }
    }
    #expect(
      verdict.agrees(refused: refused, atNUL: atNUL), "\(String(decoding: bytes, as: UTF8.self))")
  }

  @Test("Valid texts of every shape are accepted by both", arguments: 1...4 as ClosedRange<UInt64>)
  func acceptsValid(seed: UInt64) {
    var texts = RandomJSON(seed: seed)
    var tally = Tally()
    for _ in 0..<2500 {
      let text = texts.valid()
      #expect((try? scanned(text).get()) != nil, "\(String(decoding: text, as: UTF8.self))")
      compare(text, &tally)
    }
    #expect(tally.refused == 0)
    #expect(tally.accepted > 1500, "jansson should be able to hold most of them")
  }

  @Test("Spoiled texts are judged alike", arguments: 5...12 as ClosedRange<UInt64>)
  func judgesSpoiled(seed: UInt64) {
    var texts = RandomJSON(seed: seed)
    var tally = Tally()
    for _ in 0..<2500 { compare(texts.spoiled(), &tally) }
    #expect(tally.accepted > 100 && tally.refused > 1000, "both verdicts should be common")
  }
}
