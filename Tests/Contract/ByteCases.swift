import NIOCore

/// Bytes that a store, or the way to it, might take for something else.
struct ByteCase: Sendable, CustomStringConvertible {
  let description: String
  let bytes: [UInt8]

  init(_ description: String, _ bytes: [UInt8]) {
    self.description = description
    self.bytes = bytes
  }

  init(_ text: String) { self.init(text.debugDescription, Array(text.utf8)) }

  static let short: [ByteCase] = [
    ByteCase("9007199254740993"), ByteCase("1.10"), ByteCase("1e400"), ByteCase("-0"),
    ByteCase("[]"), ByteCase("{}"), ByteCase("null"), ByteCase(""), ByteCase(" "),
    ByteCase("\"\""), ByteCase("\"ü€😀\\ud800\""), ByteCase("\0"), ByteCase("a\0b\0"),
    ByteCase("\r\n"), ByteCase("$-1\r\n"), ByteCase("*2\r\n$3\r\nDEL\r\n$1\r\na\r\n"),
    ByteCase("%s {tag} * ? [a-z]"), ByteCase("OK"), ByteCase("nil"),
    ByteCase("text that isn't UTF-8", [0xC3, 0x28, 0xFF, 0xFE, 0xED, 0xA0, 0x80]),
    ByteCase("every byte", Array(0...255)),
  ]

  static let values =
    short + [
      ByteCase("4 KiB", Array(repeating: 0x61, count: 4096)),
      ByteCase("64 KiB and 1", (0..<65_537).map { UInt8(truncatingIfNeeded: $0) }),
      ByteCase("1 MiB", (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }),
    ]

  static let keys = short + [ByteCase("1 KiB", Array(repeating: 0x6B, count: 1024))]
}
