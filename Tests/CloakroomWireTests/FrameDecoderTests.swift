import NIOCore
import Testing

@testable import CloakroomWire

@Suite("Frames", .timeLimit(.minutes(1)))
struct FrameDecoderTests {
  /// Feeds pieces as reads of their own, and gives all frames.
  private func frames(
    of pieces: [[UInt8]], decoder: inout FrameDecoder
  ) -> [Frame] {
    var frames: [Frame] = []
    for piece in pieces {
      decoder.append(ByteBuffer(bytes: piece))
      while let frame = decoder.next() { frames.append(frame) }
    }
    return frames
  }

  private func frames(of text: String, limit: Int = 100) -> [Frame] {
    var decoder = FrameDecoder(frameLimit: limit)
    return frames(of: [Array(text.utf8)], decoder: &decoder)
  }

  private static let streams: [(String, [Frame])] = [
    ("{}\n", [.text("{}")]),
    ("{}\r\n[1]\n", [.text("{}"), .text("[1]")]),
    ("\n\r\n  \n \t\r\n{}\n\n\n[]\n \n", [.text("{}"), .text("[]")]),
    ("  {} \n [1] \r\n", [.text("{} "), .text(" [1] ")]),
    ("{\"a\":\"\r\"}\n", [.text("{\"a\":\"\r\"}")]),
    ("{}\r\r\n", [.text("{}\r")]),
    ("a\n\u{e9}\n", [.text("a"), .text("\u{e9}")]),
    ("1\n2", [.text("1")]),
    ("0123456789abc\nok\n", [.tooLarge(limit: 10, "0123456789"), .text("ok")]),
    (
      "0123456789\n0123456789\r\n0123456789a\n1\n",
      [.text("0123456789"), .text("0123456789"), .tooLarge(limit: 10, "0123456789"), .text("1")]
    ),
    ("0123456789\ra\n1\n", [.tooLarge(limit: 10, "0123456789"), .text("1")]),
    ("Content-Length: 2\r\n\r\n{}", [.text("{}")]),
    ("content-LENGTH:3 \r\n\r\n[1]CONTENT-length:\t2\r\n\r\n{}", [.text("[1]"), .text("{}")]),
    (
      "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 4\r\n\r\n[\n1]"
        + "Content-Length: 1\r\nContent-Length: 01\r\nX-Other: 1:2\r\n\r\n7",
      [.text("[\n1]"), .text("7")]
    ),
    ("\r\n Content-Length: 0\r\n\r\nContent-Length: 1\r\n\r\n1", [.text(""), .text("1")]),
    ("Content-Length: 5\r\n\r\n{}", []),
    (
      "Content-Length: 11\r\n\r\n01234567\n01Content-Length: 10\r\n\r\n0123456789",
      [.tooLarge(limit: 10, "01234567\n0"), .text("0123456789")]
    ),
    (
      "Content-Length: x\r\n\r\n{}\n{}\n",
      [.malformed("Content-Length must be a whole number of bytes")]
    ),
  ]

  @Test("A stream gives the same frames however it is cut in two", arguments: streams.indices)
  func isIndependentOfReads(stream: Int) {
    let (text, expected) = Self.streams[stream]
    let bytes = Array(text.utf8)
    for cut in 0...bytes.count {
      var decoder = FrameDecoder(frameLimit: 10)
      let found = frames(of: [Array(bytes[..<cut]), Array(bytes[cut...])], decoder: &decoder)
      #expect(found == expected, "cut at \(cut)")
    }
  }

  @Test("A stream gives the same frames byte by byte", arguments: streams.indices)
  func isIndependentOfReadSize(stream: Int) {
    let (text, expected) = Self.streams[stream]
    var decoder = FrameDecoder(frameLimit: 10)
    #expect(frames(of: text.utf8.map { [$0] }, decoder: &decoder) == expected)
    // And when several reads come before anyone asks for frames.
    var late = FrameDecoder(frameLimit: 10)
    for byte in text.utf8 { late.append(ByteBuffer(bytes: [byte])) }
    var found: [Frame] = []
    while let frame = late.next() { found.append(frame) }
    #expect(found == expected)
  }

  @Test(
    "The first byte that is no white space tells the framing",
    arguments: [
      ("", nil), (" \r\n\t", nil), ("{", .lines), (" \n[", .lines), ("x", .lines), ("\0", .lines),
      ("C", .headers), ("\r\n c", .headers),
    ] as [(String, Framing?)])
  func tellsFraming(text: String, framing: Framing?) {
    var decoder = FrameDecoder()
    #expect(frames(of: [Array(text.utf8)], decoder: &decoder).isEmpty)
    #expect(decoder.framing == framing)
  }

  @Test(
    "Headers that can't be understood end the connection",
    arguments: [
      ("Content-Length: 2\n\n{}", "a header line must end in CR LF"),
      ("Content-Length: 2\r\n\n{}", "a header line must end in CR LF"),
      ("C\r\n\r\n", "a header line must be a name, a colon and a value"),
      ("Content-Length: 2\r\n: 1\r\n\r\n", "a header line must be a name, a colon and a value"),
      ("Content-Type: a/b\r\n\r\n{}", "Content-Length is missing"),
      ("Content-Length: 2\r\n\r\n{}\r\n", "Content-Length is missing"),
      ("Content-Length:\r\n\r\n", "Content-Length must be a whole number of bytes"),
      ("Content-Length: -1\r\n\r\n", "Content-Length must be a whole number of bytes"),
      ("Content-Length: +1\r\n\r\n", "Content-Length must be a whole number of bytes"),
      ("Content-Length: 1.0\r\n\r\n", "Content-Length must be a whole number of bytes"),
      ("Content-Length: 1 2\r\n\r\n", "Content-Length must be a whole number of bytes"),
      ("Content-Length: 0x1\r\n\r\n", "Content-Length must be a whole number of bytes"),
      (
        "Content-Length: 9999999999999999999\r\n\r\n",
        "Content-Length must be a whole number of bytes"
      ),
      (
        "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "Content-Length is there twice, with different values"
      ),
      ("Content-Type: a/b; charset=latin1\r\n\r\n", "the charset of Content-Type must be utf-8"),
      (
        "Content-Type: a/b; a=b; CharSet=\"utf-16\"\r\n\r\n",
        "the charset of Content-Type must be utf-8"
      ),
    ])
  func refusesHeaders(text: String, reason: String) {
    var decoder = FrameDecoder()
    #expect(frames(of: [Array(text.utf8)], decoder: &decoder).last == .malformed(reason))
    #expect(decoder.bufferedByteCount == 0)
    #expect(frames(of: [Array("Content-Length: 1\r\n\r\n1".utf8)], decoder: &decoder).isEmpty)
    #expect(decoder.bufferedByteCount == 0)
  }

  @Test(
    "A charset that is UTF-8 by any of its names is accepted",
    arguments: [
      "a/b", "a/b; charset=utf-8", "a/b;charset=UTF8", "a/b; charset=\"utf-8\"", "; ; =",
      "x; charset",
    ])
  func acceptsCharset(type: String) {
    #expect(frames(of: "Content-Type: \(type)\r\nContent-Length: 1\r\n\r\n1") == [.text("1")])
  }

  @Test("Headers without end are refused at their limit, in one line or many")
  func limitsHeaders() {
    let refused = Frame.malformed("the headers are longer than 4096 bytes")
    let long = "Content-X: " + String(repeating: "x", count: 4086)
    #expect(frames(of: long) == [refused])
    #expect(frames(of: long + "\r\n\r\n") == [refused])
    let many = String(repeating: "C: x\r\n", count: 683)
    #expect(frames(of: many) == [refused])
    let fits = String(repeating: "C: x\r\n", count: 679) + "Content-Length: 1\r\n\r\n1"
    #expect(frames(of: fits) == [.text("1")])
  }

  @Test("A long line is reported once, however much of it comes, and never held")
  func discardsLongLines() {
    var decoder = FrameDecoder(frameLimit: 1000)
    let piece = Array(repeating: UInt8(ascii: "x"), count: 700)
    #expect(frames(of: [piece], decoder: &decoder).isEmpty)
    #expect(decoder.bufferedByteCount == 700)
    #expect(
      frames(of: [piece], decoder: &decoder) == [
        .tooLarge(limit: 1000, String(repeating: "x", count: 1000))
      ])
    for _ in 0..<100 {
      #expect(frames(of: [piece], decoder: &decoder).isEmpty)
      #expect(decoder.bufferedByteCount == 0)
    }
    #expect(frames(of: [Array("x\n{}\n".utf8)], decoder: &decoder) == [.text("{}")])
  }

  @Test("Of a text that is too long the first 4 KiB are handed on, and no more")
  func handsOnBeginnings() {
    let text = String(repeating: "x", count: 9000)
    for stream in ["\(text)\n", "Content-Length: 9000\r\n\r\n\(text)"] {
      for size in [1, 4095, 4097, 8999, 9100] {
        var decoder = FrameDecoder(frameLimit: 8000)
        let bytes = Array(stream.utf8)
        let pieces = stride(from: 0, to: bytes.count, by: size).map {
          Array(bytes[$0..<min($0 + size, bytes.count)])
        }
        #expect(
          frames(of: pieces, decoder: &decoder) == [
            .tooLarge(limit: 8000, String(text.prefix(4096)))
          ])
      }
    }
  }

  @Test("A body over the limit is thrown away as it comes, exactly as long as was said")
  func discardsLargeBodies() {
    var decoder = FrameDecoder(frameLimit: 1000)
    let header = Array("Content-Length: 70000\r\n\r\n".utf8)
    let piece = Array(repeating: UInt8(ascii: "\n"), count: 700)
    // Nothing is said before there is as much of it as is handed on.
    #expect(frames(of: [header, piece], decoder: &decoder).isEmpty)
    #expect(
      frames(of: [piece], decoder: &decoder) == [
        .tooLarge(limit: 1000, String(repeating: "\n", count: 1000))
      ])
    for _ in 2..<100 {
      #expect(frames(of: [piece], decoder: &decoder).isEmpty)
      #expect(decoder.bufferedByteCount == 0)
    }
    let next = Array("Content-Length: 1\r\n\r\n1".utf8)
    #expect(frames(of: [next], decoder: &decoder) == [.text("1")])
  }

  @Test("A large frame that comes in small pieces is taken in linear time", .timeLimit(.minutes(1)))
  func isLinear() {
    let body = "[" + String(repeating: "1,", count: 100_000) + "1]"
    for text in ["\(body)\n", "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"] {
      var decoder = FrameDecoder()
      #expect(
        frames(of: text.utf8.map { [$0] }, decoder: &decoder) == [.text(ByteBuffer(string: body))])
      #expect(decoder.bufferedByteCount == 0)
    }
  }

  @Test("A whole frame is a slice of what was read")
  func doesNotCopy() {
    for text in ["{}\n[1]\n", "Content-Length: 2\r\n\r\n{}"] {
      let read = ByteBuffer(string: text)
      var decoder = FrameDecoder()
      decoder.append(read)
      guard case .text(let frame) = decoder.next() else {
        Issue.record("no frame")
        continue
      }
      let isInside = read.withUnsafeReadableBytes { all in
        frame.withUnsafeReadableBytes { part in
          guard let first = all.baseAddress, let start = part.baseAddress else { return false }
          return start >= first && start + part.count <= first + all.count
        }
      }
      #expect(isInside)
    }
  }

  @Test(
    "Once drained, the buffer that was read is free to be used again",
    arguments: [
      "{}\n", "{}\n[1", "  ", "12345678901\n1", "123456789012", "Content-Length: 2\r\n\r\n{}",
      "Content-Length: 9\r\n\r\n{}", "Content-Le", "Content-Length: 99\r\n\r\n{}", "C\r\n",
    ])
  func letsGoOfReads(text: String) {
    var read = ByteBuffer(string: text)
    let before = read.withUnsafeReadableBytes { $0.baseAddress }
    var decoder = FrameDecoder(frameLimit: 10)
    decoder.append(read)
    while decoder.next() != nil {}
    // Clearing a buffer that someone else refers to takes new memory.
    read.clear()
    read.writeString(text)
    #expect(read.withUnsafeReadableBytes { $0.baseAddress } == before)
  }

  @Test("The limit of a frame stays within what the scanner can take")
  func clampsLimit() {
    #expect(FrameDecoder(frameLimit: .max).frameLimit == JSONScanner.longestText)
    #expect(FrameDecoder(frameLimit: -5).frameLimit == 1)
    #expect(FrameDecoder().frameLimit == 4_194_304)
  }
}

extension Frame {
  /// A frame as the tables write it.
  fileprivate static func text(_ text: String) -> Frame { .text(ByteBuffer(string: text)) }

  /// A frame that is too large, with what is handed on of it.
  fileprivate static func tooLarge(limit: Int, _ beginning: String) -> Frame {
    .tooLarge(limit: limit, beginning: ByteBuffer(string: beginning))
  }
}
