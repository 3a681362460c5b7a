import Testing

@testable import CloakroomClient

@Suite("Replies to a load", .timeLimit(.minutes(1)))
struct ReplyReaderTests {
  /// What is found in a text: outcomes, ids, and how long each reply is.
  private struct Found: Equatable {
    var outcome: ParsedReply.Outcome
    var id: Int?
    var text: String
  }

  private func read(_ dialect: Dialect, _ pieces: [[UInt8]]) throws -> [Found] {
    var reader = ReplyReader(dialect, capacity: 1)
    var found: [Found] = []
    for piece in pieces {
      var rest = piece[...]
      while !rest.isEmpty {
        _ = reader.receive { space in
          let count = min(space.count, rest.count)
          space.copyBytes(from: rest.prefix(count))
          rest = rest.dropFirst(count)
          return count
        }
        while let reply = try reader.next() {
          let text = String(decoding: reader.text(of: reply), as: UTF8.self)
          found.append(Found(outcome: reply.outcome, id: reply.id, text: text))
        }
      }
    }
    return found
  }

  private static let resp: [(String, ParsedReply.Outcome)] = [
    ("+OK\r\n", .done), (":17\r\n", .done), ("-ERR no\r\n", .error), ("$3\r\na\nb\r\n", .done),
    ("$0\r\n\r\n", .done), ("$-1\r\n", .missing), ("*-1\r\n", .missing), ("*0\r\n", .done),
    ("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n", .done),
    ("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nm\r\n$-1\r\n", .done),
    ("*2\r\n-ERR no\r\n*0\r\n", .done),
  ]

  private static let lines: [(String, ParsedReply.Outcome)] = [
    (#"{"jsonrpc":"2.0","id":17,"result":{"found":true}}"# + "\n", .done),
    (#"{"jsonrpc":"2.0","id":17,"result":{"found":false}}"# + "\n", .missing),
    (#"{"jsonrpc":"2.0","id":17,"error":{"code":1}}"# + "\n", .error),
    (#"{"jsonrpc":"2.0","method":"events.message","params":{}}"# + "\n", .message),
  ]

  @Test("are found at once, and however they come in pieces", arguments: [Dialect.resp, .jsonRPC])
  func pieces(dialect: Dialect) throws {
    let replies = dialect == .resp ? Self.resp : Self.lines
    let wanted = replies.map { text, outcome in
      Found(
        outcome: outcome, id: dialect == .resp || outcome == .message ? nil : 17, text: text)
    }
    let bytes = replies.flatMap { Array($0.0.utf8) }
    #expect(try read(dialect, [bytes]) == wanted)
    #expect(try read(dialect, bytes.map { [$0] }) == wanted)
    for cut in bytes.indices {
      #expect(try read(dialect, [Array(bytes[..<cut]), Array(bytes[cut...])]) == wanted)
    }
  }

  @Test(
    "are refused if they are none",
    arguments: [
      (.resp, "OK\r\n"), (.resp, "+OK\n"), (.resp, "\r\n"), (.resp, "$x\r\n"), (.resp, "$-2\r\n"),
      (.resp, "$1\r\nabc\r\n"), (.resp, "*1\r\n?\r\n"), (.resp, "*-2\r\n"),
      (.jsonRPC, "\n"), (.jsonRPC, "{}\n"), (.jsonRPC, #"{"jsonrpc":"2.0","id":null}"# + "\n"),
      (.jsonRPC, #"{"jsonrpc":"2.0","id":1}"# + "\n"),
    ] as [(Dialect, String)])
  func refusals(dialect: Dialect, text: String) {
    #expect(throws: LoadFault.self) { try read(dialect, [Array(text.utf8)]) }
  }

  @Test("tell which event they bring, and when it was sent", arguments: [Dialect.resp, .jsonRPC])
  func origin(dialect: Dialect) throws {
    let work = EventWork(channel: "bench:1", dataSize: EventWork.shortestData + 3)
    let id = RequestTemplate.firstID + 4_711
    let request = EventTemplate(dialect, work).request(id: id, stamp: 987_654_321)
    let text = String(decoding: request, as: UTF8.self)
    #expect(text.contains(#""sent=1000004711=000000000987654321xxx""#))
    let message =
      switch dialect {
      // A subscriber is brought the same array with another first word.
      case .resp: text.replacing("PUBLISH", with: "message")
      case .jsonRPC:
        text.replacing(#""id":1000004711,"#, with: "").replacing("events.publish", with: "s")
      }
    var reader = ReplyReader(dialect)
    _ = reader.receive { space in
      space.copyBytes(from: message.utf8)
      return message.utf8.count
    }
    let reply = try #require(try reader.next())
    let origin = try #require(EventTemplate.origin(of: reply, in: reader))
    #expect(origin.id == id && origin.stamp == 987_654_321)
    #expect(reader.offset(behind: "no such words", in: reply) == nil)
  }

  @Test("tell which message of a stream was read")
  func messageID() throws {
    for (dialect, text, wanted) in [
      (Dialect.resp, Self.resp[9].0, "1-0"), (.resp, "*-1\r\n", nil),
      (
        .jsonRPC,
        #"{"jsonrpc":"2.0","id":2,"result":{"messages":[{"id":"1-0","message":1,"deliveries":1}]}}"#
          + "\n", "1-0"
      ),
      (.jsonRPC, #"{"jsonrpc":"2.0","id":2,"result":{"messages":[]}}"# + "\n", nil),
    ] as [(Dialect, String, String?)] {
      var reader = ReplyReader(dialect)
      _ = reader.receive { space in
        space.copyBytes(from: text.utf8)
        return text.utf8.count
      }
      let reply = try #require(try reader.next())
      #expect(StreamWork.messageID(dialect, in: reply, of: reader) == wanted)
    }
  }
}
