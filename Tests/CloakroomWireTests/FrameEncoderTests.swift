import CloakroomWire
import NIOCore
import Testing

@Suite("Outgoing frames", .timeLimit(.minutes(1)))
struct FrameEncoderTests {
  private static let lengths = [0, 1, 9, 10, 99, 100, 101, 999, 1000, 9999, 10_000, 123_456]

  /// Writes a text in two pieces between the frame's beginning and end.
  private func frame(_ text: String, _ encoder: FrameEncoder, in output: inout ByteBuffer) {
    let start = encoder.begin(in: &output)
    output.writeString(String(text.prefix(5)))
    output.writeString(String(text.dropFirst(5)))
    encoder.end(start, in: &output)
  }

  private func text(length: Int) -> String {
    String((0..<length).map { Character(Unicode.Scalar(UInt8(0x30 + $0 % 70))) })
  }

  @Test("A text of any length gets its own length as a header", arguments: lengths)
  func writesLength(length: Int) {
    let text = text(length: length)
    let expected = "Content-Length: \(length)\r\n\r\n\(text)"
    var output = ByteBuffer(string: "read")
    output.writeString("kept")
    output.moveReaderIndex(forwardBy: 4)
    let encoder = FrameEncoder(.headers)
    frame(text, encoder, in: &output)
    frame("{}", encoder, in: &output)
    #expect(String(buffer: output) == "kept\(expected)Content-Length: 2\r\n\r\n{}")
  }

  @Test("A text in lines gets a line feed", arguments: lengths)
  func writesLine(length: Int) {
    let text = text(length: length)
    var output = ByteBuffer()
    let encoder = FrameEncoder(.lines)
    frame(text, encoder, in: &output)
    frame("{}", encoder, in: &output)
    #expect(String(buffer: output) == "\(text)\n{}\n")
  }

  @Test("What was encoded is decoded to the same", arguments: [Framing.lines, .headers])
  func roundTrips(framing: Framing) {
    var output = ByteBuffer()
    let texts = Self.lengths.dropFirst().map { text(length: $0) }
    for text in texts { frame(text, FrameEncoder(framing), in: &output) }
    var decoder = FrameDecoder()
    decoder.append(output)
    for text in texts { #expect(decoder.next() == .text(ByteBuffer(string: text))) }
    #expect(decoder.next() == nil)
    #expect(decoder.bufferedByteCount == 0)
  }

  @Test(
    "A text that is there already is framed in its own memory where there is room before it",
    arguments: [Framing.lines, .headers], [0, 5, 64])
  func wraps(framing: Framing, headRoom: Int) {
    for length in Self.lengths {
      let text = text(length: length)
      var expected = ByteBuffer()
      frame(text, FrameEncoder(framing), in: &expected)
      var output = ByteBuffer(headRoom: headRoom)
      output.writeString(text)
      FrameEncoder(framing).wrap(&output)
      #expect(output == expected)
      // One that was copied begins at its memory's beginning.
      let added = framing == .headers ? expected.readableBytes - length : 0
      #expect(output.readerIndex == max(0, headRoom - added))
    }
  }

  @Test("A start that is of another buffer does no harm")
  func survivesMisuse() {
    let encoder = FrameEncoder(.headers)
    var long = ByteBuffer(string: String(repeating: "x", count: 1000))
    let start = encoder.begin(in: &long)
    var short = ByteBuffer(string: "short")
    encoder.end(start, in: &short)
    #expect(String(buffer: short) == "short")
  }
}
