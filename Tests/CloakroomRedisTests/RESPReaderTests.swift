import NIOCore
import Testing

@testable import CloakroomRedis

@Suite("A reader of replies", .timeLimit(.minutes(1)))
struct RESPReaderTests {
  /// Bytes from Redis, and the replies that they are.
  static let valid: [(String, [String])] = [
    ("+OK\r\n", ["+OK"]), ("+\r\n", ["+"]), ("-ERR no such key\r\n", ["-ERR no such key"]),
    (":0\r\n:-1\r\n", [":0", ":-1"]),
    (":9223372036854775807\r\n:-9223372036854775808\r\n", [":\(Int64.max)", ":\(Int64.min)"]),
    ("$3\r\nabc\r\n", ["\"abc\""]), ("$0\r\n\r\n", ["\"\""]), ("$-1\r\n", ["nil"]),
    ("$6\r\n\r\n$1\r\n\r\n", ["\"\r\n$1\r\n\""]), ("$4\r\n\0a\0b\r\n", ["\"\0a\0b\""]),
    ("*0\r\n", ["[]"]), ("*-1\r\n", ["nil"]), ("*1\r\n*-1\r\n", ["[nil]"]),
    ("*3\r\n$1\r\na\r\n$-1\r\n:7\r\n", ["[\"a\", nil, :7]"]),
    ("*2\r\n*2\r\n:1\r\n*0\r\n*1\r\n*1\r\n$0\r\n\r\n+x\r\n", ["[[:1, []], [[\"\"]]]", "+x"]),
    ("*2\r\n-ERR a\r\n+b\r\n$2\r\nä\r\n", ["[-ERR a, +b]", "\"ä\""]),
    ("+a\r\n$-1\r\n*1\r\n:1\r\n-E\r\n$1\r\n\n\r\n", ["+a", "nil", "[:1]", "-E", "\"\n\""]),
    ("+a\rb\r\n+c\r\n", ["+a\rb", "+c"]), ("*1\r\n+OK", []), ("$5\r\nabc", []), ("$", []), ("", []),
  ]

  /// Bytes that are not RESP2 behind the replies that are.
  static let malformed: [(String, [String])] = [
    ("OK\r\n", []), ("\r\n", []), ("+OK\r\n\n+OK\r\n", ["+OK"]), ("HTTP/1.1 400 Bad\r\n", []),
    (":\r\n", []), (":a\r\n", []), (":1a\r\n", []), (":1 \r\n", []), (": 1\r\n", []),
    (":9223372036854775808\r\n", []), (":-9223372036854775809\r\n", []), (":1.5\r\n", []),
    ("$\r\n", []), ("$x\r\n", []), ("$-2\r\n", []), ("$9223372036854775808\r\n", []),
    ("$1e3\r\n", []), ("*\r\n", []), ("*x\r\n", []), ("*-2\r\n", []), ("*2147483648\r\n", []),
    ("*9223372036854775808\r\n", []), ("*2\r\n:1\r\n:x\r\n", []), ("*1\r\n$x\r\n", []),
    (":1\r\n*1\r\n?\r\n", [":1"]),
    // RESP3 is never asked for.
    ("_\r\n", []), ("#t\r\n", []), (",1.5\r\n", []), ("(1\r\n", []), ("%1\r\n+a\r\n:1\r\n", []),
    ("~1\r\n:1\r\n", []), (">1\r\n+a\r\n", []), ("=5\r\ntxt:a\r\n", []), ("!3\r\nERR\r\n", []),
  ]

  static func read(
    _ pieces: [ArraySlice<UInt8>], replyLimit: Int = RESPReader.standardReplyLimit
  ) throws -> ReplyText.Reading {
    ReplyText.read(pieces, with: try #require(RESPReader(replyLimit: replyLimit)))
  }

  /// The same bytes whole, byte by byte, and in two pieces split at every index.
  static func readings(of bytes: [UInt8]) throws -> [ReplyText.Reading] {
    var readings = [try read([bytes[...]]), try read(bytes.indices.map { bytes[$0...$0] })]
    for index in bytes.indices { readings.append(try read([bytes[..<index], bytes[index...]])) }
    return readings
  }

  @Test("reads every kind of reply, however its bytes are split", arguments: valid)
  func split(text: String, replies: [String]) throws {
    for reading in try Self.readings(of: Array(text.utf8)) {
      #expect(reading == .init(replies: replies))
    }
  }

  @Test("reads many replies out of one piece, and one reply out of many, in their order")
  func longRun() throws {
    let whole = Self.valid.filter { !$0.1.isEmpty }
    let bytes = whole.flatMap { Array($0.0.utf8) }
    let expected = whole.flatMap(\.1)
    for reading in try Self.readings(of: bytes) { #expect(reading == .init(replies: expected)) }
    let repeated = Array(repeating: bytes, count: 200).flatMap(\.self)
    let replies = Array(repeating: expected, count: 200).flatMap(\.self)
    #expect(try Self.read([repeated[...]]) == .init(replies: replies))
  }

  @Test("refuses what is not RESP2 in the same way however it is split", arguments: malformed)
  func refused(text: String, replies: [String]) throws {
    let readings = try Self.readings(of: Array(text.utf8))
    let fault = try #require(readings.first?.fault)
    #expect(!fault.isEmpty)
    for reading in readings { #expect(reading == .init(replies: replies, fault: fault)) }
  }

  @Test("is of no more use after a fault")
  func afterFault() throws {
    let reader = try #require(RESPReader())
    for text in ["+a\r\n?", "+b\r\n", "+c\r\n"] {
      let reading = ReplyText.read([Array(text.utf8)[...]], with: reader)
      #expect(reading.replies == (text == "+a\r\n?" ? ["+a"] : []))
      #expect(reading.fault != nil)
    }
  }

  @Test("takes arrays eight deep, and refuses deeper ones without a crash")
  func depth() throws {
    for depth in 1...8 {
      let text = String(repeating: "*1\r\n", count: depth) + ":1\r\n"
      let nested =
        String(repeating: "[", count: depth) + ":1" + String(repeating: "]", count: depth)
      for reading in try Self.readings(of: Array(text.utf8)) {
        #expect(reading == .init(replies: [nested]))
      }
    }
    for depth in [9, 10, 100, 100_000] {
      let bytes = Array(String(repeating: "*1\r\n", count: depth).utf8)
      #expect(try Self.read([bytes[...]]).fault != nil, "\(depth)")
    }
  }

  @Test(
    "takes no memory for what is only claimed",
    arguments: [
      "$9223372036854775807\r\n", "$1099511627776\r\n", "*2147483647\r\n", "*1\r\n*2147483647\r\n",
    ])
  func claimed(head: String) throws {
    #expect(try Self.read([Array((head + ":1\r\n").utf8)[...]]) == .init())
  }

  @Test("refuses a reply that grows past the limit, be it one string or many elements")
  func tooLarge() throws {
    let limit = 100_000
    let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)[...]
    let ones = Array(String(repeating: ":1\r\n", count: 250).utf8)[...]
    for (head, body) in [("$9223372036854775807\r\n", piece), ("*2147483647\r\n", ones)] {
      let pieces = [Array(head.utf8)[...]] + Array(repeating: body, count: 100)
      #expect(try Self.read(pieces, replyLimit: limit).fault == "a reply is too large")
      #expect(try Self.read(Array(pieces.dropLast(5)), replyLimit: limit) == .init())
    }
    // The limit is one reply's, not the connection's.
    let many = Array(repeating: Array("$4\r\nabcd\r\n".utf8)[...], count: 20_000)
    #expect(try Self.read(many, replyLimit: limit).replies.count == 20_000)
  }

  @Test("copies a long string whole, and what was taken of it outlives the next reply")
  func longStrings() throws {
    let reader = try #require(RESPReader())
    // Around the ends of the pieces that hiredis is fed with, too.
    for length in [
      4080, 4087, 4088, 4089, 4095, 4096, 4097, 8192, 20_460, 20_470, 20_471, 20_472, 20_480,
      100_000, 300_000, 1_000_000,
    ] {
      let content = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      var bytes = ByteBuffer(string: "$\(length)\r\n")
      bytes.writeBytes(content)
      bytes.writeString("\r\n$2\r\nab\r\n")
      for _ in 0..<5000 { bytes.writeString(":1\r\n") }
      var read: [ByteBuffer] = []
      var ones = 0
      reader.take(bytes)
      while try reader.next() {
        guard reader.reply.first.kind == .string else {
          ones += 1
          continue
        }
        read.append(reader.reply.slice(of: reader.reply.first))
      }
      #expect(ones == 5000)
      #expect(read == [ByteBuffer(bytes: content), ByteBuffer(string: "ab")], "\(length)")
    }
  }

  @Test("keeps nothing of one reply for the next, and has no bytes of its own for the status OK")
  func reuse() throws {
    let reader = try #require(RESPReader())
    let texts = [
      "+OK", "$2\r\nab", "+OK", "*2\r\n+OK\r\n$1\r\nc", ":7", "+", "+O", "+OKK", "+KO", "$2\r\nOK",
      "-OK",
      "*0", "$0\r\n", "$-1", "*-1", "*1\r\n*1\r\n+OK", "+PONG", "*3\r\n$1\r\nd\r\n+OK\r\n$2\r\nef",
    ]
    let expected = [
      "+OK", "\"ab\"", "+OK", "[+OK, \"c\"]", ":7", "+", "+O", "+OKK", "+KO", "\"OK\"", "-OK",
      "[]", "\"\"", "nil", "nil", "[[+OK]]", "+PONG", "[\"d\", +OK, \"ef\"]",
    ]
    for (text, expected) in zip(texts, expected) {
      reader.take(ByteBuffer(string: text + "\r\n"))
      #expect(try reader.next())
      let reply = reader.reply
      #expect(ReplyText.describe(reply) == expected)
      #expect(reply.nodes.isEmpty == (reply.first.kind != .array))
      for node in reply.nodes.isEmpty ? [reply.first] : reply.nodes {
        #expect(String(buffer: reply.slice(of: node)) == reply.text(of: node), "\(text)")
      }
      #expect(try !reader.next())
    }
  }

  @Test("reads the part of an array that begins at a node as a reply of its own, which is kept")
  func parts() throws {
    let reader = try #require(RESPReader())
    reader.take(ByteBuffer(string: "*3\r\n$4\r\nnote\r\n+OK\r\n*2\r\n:1\r\n$3\r\nabc\r\n+next\r\n"))
    #expect(try reader.next())
    let parts = (0...7).map { reader.reply.part(from: $0) }
    #expect(try reader.next())
    let expected = [
      "[\"note\", +OK, [:1, \"abc\"]]", "\"note\"", "+OK", "[:1, \"abc\"]", ":1", "\"abc\"", "nil",
      "nil",
    ]
    #expect(parts.map { ReplyText.describe($0) } == expected)
  }

  @Test("tells a fault again when it is asked again")
  func faultAgain() throws {
    let reader = try #require(RESPReader())
    reader.take(ByteBuffer(string: "+a\r\n?\r\n"))
    #expect(try reader.next())
    for _ in 0..<2 { #expect(throws: RESPFault.self) { try reader.next() } }
  }

  @Test(
    "knows an error's code, which is never more than a word in capitals",
    arguments: [
      ("-WRONGTYPE Operation against", "WRONGTYPE"), ("-OOM", "OOM"), ("-ERR x", "ERR"),
      ("-", "ERR"), ("- OOM", "ERR"), ("-Oom x", "ERR"), ("-OOM: x", "ERR"), ("-ÄRR x", "ERR"),
      ("-A_B x", "ERR"), ("-R3PLICA x", "R3PLICA"),
      ("-" + String(repeating: "A", count: 32) + " x", String(repeating: "A", count: 32)),
      ("-" + String(repeating: "A", count: 33), "ERR"),
    ])
  func errorCode(line: String, code: String) throws {
    let reader = try #require(RESPReader())
    var codes: [String] = []
    reader.take(ByteBuffer(string: line + "\r\n"))
    while try reader.next() { codes.append(reader.reply.errorCode(of: reader.reply.first)) }
    #expect(codes == [code])
  }
}
