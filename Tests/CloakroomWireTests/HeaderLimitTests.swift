import NIOCore
import Testing

@testable import CloakroomWire

@Suite("The block of headers before a text", .timeLimit(.minutes(1)))
struct HeaderLimitTests {
  /// What a block of so many bytes, which has no blank line behind it yet, makes the decoder say.
  private static func frames(_ block: String) -> [Frame] {
    var decoder = FrameDecoder(frameLimit: 100)
    decoder.append(ByteBuffer(string: block))
    var frames: [Frame] = []
    while let frame = decoder.next() { frames.append(frame) }
    return frames
  }

  private static func line(_ bytes: Int) -> String {
    "C: " + String(repeating: "x", count: bytes - 5) + "\r\n"
  }

  @Test("has a limit for all of its lines together", arguments: [1, 2, 8])
  func lines(count: Int) {
    let limit = FrameDecoder.headerLimit
    let rest = limit - (count - 1) * 100
    let before = String(repeating: Self.line(100), count: count - 1)
    #expect(Self.frames(before + Self.line(rest) + "\r\n").count == 1)
    #expect(Self.frames(before + Self.line(rest)).isEmpty)
    #expect(Self.frames(before + Self.line(rest + 1)).count == 1)
  }

  @Test("is refused as soon as it is too long, without waiting for a line's end")
  func unfinished() {
    let limit = FrameDecoder.headerLimit
    let before = Self.line(limit - 100)
    #expect(Self.frames(before + String(repeating: "C", count: 100)).isEmpty)
    #expect(Self.frames(before + String(repeating: "C", count: 102)).count == 1)
    #expect(Self.frames(String(repeating: "C", count: limit)).isEmpty)
    #expect(Self.frames(String(repeating: "C", count: limit + 2)).count == 1)
  }
}
