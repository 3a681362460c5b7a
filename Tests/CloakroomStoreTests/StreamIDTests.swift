import Testing

@testable import CloakroomStore

@Suite("The id of a stream's message", .timeLimit(.minutes(1)))
struct StreamIDTests {
  @Test(
    "is written as it was read",
    arguments: [
      "0-0", "1-0", "0-1", "1763712345678-0", "1763712345678-42",
      "18446744073709551615-18446744073709551615",
    ])
  func written(text: String) throws {
    #expect(try #require(StreamID(text)).text == text)
  }

  @Test(
    "is nothing else",
    arguments: [
      "", "-", "0", "$", ">", "*", "+", "1-", "-1", "1-0-", "1-0-0", "--1", "1--0", "01-0", "1-00",
      "+1-0", "1-+0", " 1-0", "1-0 ", "1-0\n", "1_0", "1.0-0", "0x1-0", "1-*",
      "18446744073709551616-0", "1-18446744073709551616", "١-٢", "１-0",
    ])
  func refused(text: String) {
    #expect(StreamID(text) == nil)
  }

  @Test("is followed by a greater one, whatever the clock says")
  func next() {
    func id(_ milliseconds: UInt64, _ sequence: UInt64) -> StreamID {
      StreamID(milliseconds: milliseconds, sequence: sequence)
    }
    let cases: [(StreamID, UInt64, StreamID?)] = [
      (.zero, 5, id(5, 0)), (id(5, 0), 5, id(5, 1)), (id(5, 7), 4, id(5, 8)),
      (id(5, 7), 6, id(6, 0)),
      (id(5, .max), 5, id(6, 0)), (id(.max, 3), .max, id(.max, 4)), (id(.max, .max), 5, nil),
    ]
    for (last, now, next) in cases {
      #expect(last.next(at: now) == next)
      if let next { #expect(last < next) }
    }
  }
}
