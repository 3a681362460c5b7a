/// What is appended to a stream, read and acknowledged, over and over.
public struct StreamWork: Sendable {
  /// The stream; letters, digits, `:` and `-`.
  public var stream: String
  /// How long a message is, in bytes of its JSON text, at least 2.
  public var messageSize: Int

  /// Work on that stream.
  public init(stream: String, messageSize: Int) {
    self.stream = stream
    self.messageSize = max(messageSize, 2)
  }

  /// The steps of a cycle, in their order.
  enum Step: Int {
    case append = 1
    case read
    case acknowledge
  }

  private static let group = "bench"
  /// About how many messages the stream keeps.
  private static let length = 10_000

  private var message: String { "\"" + String(repeating: "x", count: messageSize - 2) + "\"" }

  /// A request that appends a message.
  func append(_ dialect: Dialect) -> [UInt8] {
    switch dialect {
    case .resp:
      RequestTemplate.command(
        ["XADD", stream, "MAXLEN", "~", "\(Self.length)", "*", "m", message])
    case .jsonRPC:
      line(.append, "streams.append", #","message":\#(message),"maxLen":\#(Self.length)"#)
    }
  }

  /// A request that reads a message for a consumer.
  func read(_ dialect: Dialect, consumer: Int) -> [UInt8] {
    switch dialect {
    case .resp:
      RequestTemplate.command(
        ["XREADGROUP", "GROUP", Self.group, "\(consumer)", "COUNT", "1", "STREAMS", stream, ">"])
    case .jsonRPC:
      line(
        .read, "streams.read", #","group":"\#(Self.group)","consumer":"\#(consumer)","count":1"#)
    }
  }

  /// A request that acknowledges a message.
  func acknowledge(_ dialect: Dialect, id: String) -> [UInt8] {
    switch dialect {
    case .resp: RequestTemplate.command(["XACK", stream, Self.group, id])
    case .jsonRPC:
      line(.acknowledge, "streams.ack", #","group":"\#(Self.group)","ids":["\#(id)"]"#)
    }
  }

  /// A request that makes the stream and its group.
  func beginning(_ dialect: Dialect) -> [UInt8] {
    switch dialect {
    case .resp: RequestTemplate.command(["XGROUP", "CREATE", stream, Self.group, "0", "MKSTREAM"])
    case .jsonRPC: line(.append, "streams.ensure", #","group":"\#(Self.group)""#)
    }
  }

  /// A request after which the stream is gone, in a second at the latest.
  func end(_ dialect: Dialect) -> [UInt8] {
    switch dialect {
    case .resp: RequestTemplate.command(["DEL", stream])
    case .jsonRPC:
      line(.append, "streams.append", #","message":0,"maxLen":1,"approximate":false,"ttl":1"#)
    }
  }

  /// The id of the one message that was read; nil if there is none.
  static func messageID(
    _ dialect: Dialect, in reply: ParsedReply, of reader: ReplyReader
  ) -> String? {
    let bytes = reader.bytes[reply.range]
    switch dialect {
    case .resp:
      // Streams, the stream, its name's length, its name, messages, the message, its id's length.
      let lines = bytes.split(separator: 0x0A, maxSplits: 8)
      guard lines.count > 7 else { return nil }
      return String(decoding: lines[7].dropLast(), as: UTF8.self)
    case .jsonRPC:
      guard let start = reader.offset(behind: #"{"messages":[{"id":""#, in: reply),
        let end = reader.bytes[start..<reply.range.upperBound].firstIndex(of: UInt8(ascii: "\""))
      else { return nil }
      return String(decoding: reader.bytes[start..<end], as: UTF8.self)
    }
  }

  private func line(_ step: Step, _ method: String, _ params: String) -> [UInt8] {
    RequestLine.bytes(
      id: step.rawValue, method: method, params: Array(#"{"stream":"\#(stream)"\#(params)}"#.utf8))
  }
}
