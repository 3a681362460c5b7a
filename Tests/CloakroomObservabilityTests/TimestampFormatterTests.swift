import Testing

@testable import CloakroomObservability

@Suite(.timeLimit(.minutes(1))) struct TimestampFormatterTests {
  static let cases: [(Int64, String)] = [
    (0, "1970-01-01T00:00:00.000Z"),
    (999_999, "1970-01-01T00:00:00.000Z"),
    (1_000_000, "1970-01-01T00:00:00.001Z"),
    (951_782_399_999_999_999, "2000-02-28T23:59:59.999Z"),
    (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
    (951_868_800_000_000_000, "2000-03-01T00:00:00.000Z"),
    (1_709_251_199_120_000_000, "2024-02-29T23:59:59.120Z"),
    (1_735_689_599_999_000_000, "2024-12-31T23:59:59.999Z"),
    (1_735_689_600_000_000_000, "2025-01-01T00:00:00.000Z"),
    (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"),
    (-1, "1969-12-31T23:59:59.999Z"),
    (.max, "2262-04-11T23:47:16.854Z"),
    (.min, "1677-09-21T00:12:43.145Z"),
  ]

  private func text(_ nanoseconds: Int64, _ formatter: inout TimestampFormatter) -> String {
    var line = LineBuffer(capacity: 32)
    formatter.append(nanoseconds: nanoseconds, to: &line)
    return line.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  @Test("Times are RFC 3339 in UTC with milliseconds", arguments: cases)
  func times(nanoseconds: Int64, expected: String) {
    var formatter = TimestampFormatter()
    #expect(text(nanoseconds, &formatter) == expected)
  }

  @Test("What is kept from one time to the next doesn't show in another second")
  func sequence() {
    var formatter = TimestampFormatter()
    for (nanoseconds, expected) in Self.cases + Self.cases.reversed() {
      #expect(text(nanoseconds, &formatter) == expected)
    }
  }
}
