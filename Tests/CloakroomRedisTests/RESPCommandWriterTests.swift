import CHiredis
import NIOCore
import Testing

@testable import CloakroomRedis

/// A command is held against what hiredis makes of the same arguments, byte for byte.
@Suite("A writer of commands", .timeLimit(.minutes(1)))
struct RESPCommandWriterTests {
  /// What the bytes of an argument are.
  enum Content: CaseIterable {
    case letters
    case lineEnds
    case zeros
    case allBytes

    func bytes(_ count: Int) -> [UInt8] {
      switch self {
      case .letters: [UInt8](repeating: UInt8(ascii: "x"), count: count)
      case .lineEnds: (0..<count).map { $0.isMultiple(of: 2) ? 13 : 10 }
      case .zeros: [UInt8](repeating: 0, count: count)
      case .allBytes: (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      }
    }
  }

  static let lengths = [0, 1, 9, 10, 99, 100, 999, 1000, 65_535, 65_536, 999_999, 1_000_000]
  static let numbers: [Int64] = [
    0, 1, 9, 10, 99, 100, 999_999_999, 1_000_000_000, .max, -1, -9, -10, -99, -100, .min, .min + 1,
  ]

  /// What hiredis sends for the arguments.
  static func hiredis(_ arguments: [[UInt8]]) throws -> [UInt8] {
    var offsets: [Int] = []
    // Never empty, so that it has an address.
    var text: [CChar] = [0]
    for argument in arguments {
      offsets.append(text.count)
      text += argument.map(CChar.init(bitPattern:))
    }
    let lengths = arguments.map(\.count)
    var target: UnsafeMutablePointer<CChar>?
    let length = text.withUnsafeBufferPointer { memory in
      var pointers = offsets.map { offset in memory.baseAddress.map { $0 + offset } }
      return redisFormatCommandArgv(&target, CInt(arguments.count), &pointers, lengths)
    }
    let command = try #require(target)
    defer { redisFreeCommand(command) }
    return UnsafeBufferPointer(start: command, count: Int(length)).map(UInt8.init(bitPattern:))
  }

  /// What the writer sends for them, with no more room than it asks for.
  static func written(_ arguments: [[UInt8]]) -> [UInt8] {
    var buffer = ByteBuffer()
    let payload = arguments.reduce(0) { $0 + $1.count }
    buffer.writeCommand(payload: payload, arguments: arguments.count) { command in
      command.write(parts: arguments.count)
      for argument in arguments { command.write(ByteBuffer(bytes: argument)) }
    }
    return Array(buffer.readableBytesView)
  }

  @Test("writes arguments of any length and content as hiredis does", arguments: Content.allCases)
  func contents(content: Content) throws {
    for length in Self.lengths {
      let arguments = [Array("SET".utf8), content.bytes(length), content.bytes(length / 2)]
      #expect(Self.written(arguments) == (try Self.hiredis(arguments)), "\(content) \(length)")
    }
    let mixed = Self.lengths.dropLast(2).map { content.bytes($0) }
    #expect(Self.written(mixed) == (try Self.hiredis(mixed)))
  }

  @Test(
    "writes any number of arguments as hiredis does", arguments: [1, 2, 9, 10, 11, 99, 100, 5000])
  func counts(count: Int) throws {
    let arguments = (0..<count).map { Content.allBytes.bytes($0 % 12) }
    #expect(Self.written(arguments) == (try Self.hiredis(arguments)))
    let empty = [[UInt8]](repeating: [], count: count)
    #expect(Self.written(empty) == (try Self.hiredis(empty)))
  }

  @Test("writes numbers as hiredis writes their decimal text")
  func decimals() throws {
    for number in Self.numbers {
      var buffer = ByteBuffer()
      buffer.writeCommand(payload: 0, arguments: 3) { command in
        command.write(head: "*3\r\n$6\r\nINCRBY\r\n")
        command.write("k" as StaticString)
        command.write(number)
      }
      let expected = try Self.hiredis(["INCRBY", "k", "\(number)"].map { Array($0.utf8) })
      #expect(Array(buffer.readableBytesView) == expected, "\(number)")
    }
  }

  @Test(
    "writes texts as hiredis does",
    arguments: [
      ["PING"], [""], ["GET", "ä€😀"], ["SET", "a\r\nb", "\0"], ["a", "", "c"],
      ["AUTH", "user", String(repeating: "p", count: 100)],
    ])
  func texts(parts: [String]) throws {
    var buffer = ByteBuffer(string: "before")
    buffer.writeCommand(parts)
    let expected = try Self.hiredis(parts.map { Array($0.utf8) })
    #expect(Array(buffer.readableBytesView) == Array("before".utf8) + expected)
  }

  @Test("is read back as it was written")
  func roundTrip() throws {
    var buffer = ByteBuffer()
    let commands = Self.lengths.prefix(6).map {
      ["SET", String(repeating: "k", count: $0), "\r\n"]
    }
    for command in commands { buffer.writeCommand(command) }
    let reader = try #require(RESPReader())
    let reading = ReplyText.read([Array(buffer.readableBytesView)[...]], with: reader)
    #expect(
      reading.replies == commands.map { "[\($0.map { "\"\($0)\"" }.joined(separator: ", "))]" })
  }
}
