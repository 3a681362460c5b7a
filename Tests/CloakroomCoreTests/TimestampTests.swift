import CloakroomCore
import NIOCore
import Testing

@Suite("A timestamp", .timeLimit(.minutes(1)))
struct TimestampTests {
  @Test(
    "is read as RFC 3339 writes it",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.001Z", 1),
      ("1969-12-31T23:59:59.9Z", -100),
      ("2026-01-01T00:00:00.000Z", 1_767_225_600_000),
      ("2026-01-01t01:30:00+01:30", 1_767_225_600_000),
      ("2025-12-31T22:00:00-02:00", 1_767_225_600_000),
      ("2000-02-29T12:00:00.123456z", 951_825_600_123),
      ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
      ("0000-01-01T00:00:00Z", -62_167_219_200_000),
      ("1985-04-12T23:20:50.52Z", 482_196_050_520), ("1996-12-19T16:39:57-08:00", 851_042_397_000),
    ] as [(String, Int64)])
  func read(text: String, milliseconds: Int64) {
    #expect(Timestamp(text)?.milliseconds == milliseconds)
  }

  @Test(
    "goes there and back",
    arguments: [0, 1, 951_782_399_999, 951_868_800_000, 4_102_444_799_999] as [Int64])
  func roundTrip(milliseconds: Int64) {
    let text = String(decoding: Timestamp(milliseconds: milliseconds).text, as: UTF8.self)
    #expect(Timestamp(text)?.milliseconds == milliseconds)
  }

  @Test(
    "is written with all of its digits, in memory of its own or behind something else",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (951_825_600_007, "2000-02-29T12:00:00.007Z"),
      (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
      (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
  func written(milliseconds: Int64, text: String) {
    let moment = Timestamp(milliseconds: milliseconds)
    #expect(String(decoding: moment.text, as: UTF8.self) == text)
    var buffer = ByteBuffer(string: "at ")
    buffer.write(atMost: 1) { $0.write(moment) }
    #expect(String(buffer: buffer) == "at " + text)
    let (second, _) = Timestamp.floorDivide(milliseconds, 1000)
    #expect(String(decoding: Timestamp.prefix(ofSecond: second), as: UTF8.self) == text.dropLast(4))
  }

  @Test(
    "is nothing else",
    arguments: [
      "", "2026", "2026-01-01", "2026-01-01T00:00Z", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z",
      "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z",
      "2100-02-29T00:00:00Z",
      "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
      "2026-01-01T00:60:00Z",
      "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx",
      "2026-01-01T00:00:00+0100",
      "2026-01-01T00:00:00+24:00", " 2026-01-01T00:00:00Z", "+026-01-01T00:00:00Z",
      "2026-01-01T00:00:00.1", "99999-01-01T00:00:00Z", "２026-01-01T00:00:00Z",
    ])
  func refused(text: String) {
    #expect(Timestamp(text) == nil)
  }
}
