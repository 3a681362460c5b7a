/// What is published, over and over.
public struct EventWork: Sendable {
  /// The shortest data there can be, in bytes of their JSON.
  public static let shortestData = EventTemplate.shortestData

  /// The channel; letters, digits, `:` and `-`.
  public var channel: String
  /// How long the data are, in bytes of their JSON.
  public var dataSize: Int

  /// Work on that channel.
  public init(channel: String, dataSize: Int) {
    self.channel = channel
    self.dataSize = max(dataSize, Self.shortestData)
  }

  /// A request to get what is published.
  func subscription(_ dialect: Dialect) -> [UInt8] {
    switch dialect {
    case .resp: RequestTemplate.command(["SUBSCRIBE", channel])
    case .jsonRPC:
      RequestLine.bytes(
        id: 1, method: "events.subscribe", params: Array(#"{"channel":"\#(channel)"}"#.utf8))
    }
  }
}

/// A request that has a message published, with gaps of fixed width for the message's number and for
/// when it is sent.
struct EventTemplate {
  /// What the gaps in a message begin with; nothing else in it holds this.
  static let mark: StaticString = "sent="
  private static let stampDigits = 18
  /// How many bytes of JSON a message needs for the gaps and its quotes.
  static let shortestData = 2 + mark.utf8CodeUnitCount + RequestTemplate.idDigits + 1 + stampDigits

  private let bytes: [UInt8]
  private let idOffset: Int?
  private let dataOffset: Int

  init(_ dialect: Dialect, _ work: EventWork) {
    let gap = String(repeating: "0", count: RequestTemplate.idDigits)
    let stamp = String(repeating: "0", count: Self.stampDigits)
    let filling = String(repeating: "x", count: work.dataSize - Self.shortestData)
    let data = "\"\(Self.mark)\(gap)=\(stamp)\(filling)\""
    switch dialect {
    case .jsonRPC:
      let head = #"{"jsonrpc":"2.0","id":"#
      let middle = #","method":"events.publish","params":{"channel":"\#(work.channel)","data":"#
      bytes = Array("\(head)\(RequestTemplate.firstID)\(middle)\(data)}}\n".utf8)
      idOffset = head.utf8.count
      dataOffset = head.utf8.count + gap.utf8.count + middle.utf8.count
    case .resp:
      bytes = RequestTemplate.command(["PUBLISH", work.channel, data])
      idOffset = nil
      dataOffset = bytes.count - 2 - data.utf8.count
    }
  }

  /// The request for a message.
  ///
  /// - Parameters:
  ///   - id: the message's number, as `RequestTemplate.append` has it; also the request's id.
  ///   - stamp: when it is sent, in nanoseconds of `Clock`.
  func request(id: Int, stamp: UInt64) -> [UInt8] {
    var request = bytes
    let digits = RequestTemplate.idDigits
    if let idOffset { RequestTemplate.write(id, digits, at: idOffset, in: &request) }
    let gap = dataOffset + 1 + Self.mark.utf8CodeUnitCount
    RequestTemplate.write(id, digits, at: gap, in: &request)
    RequestTemplate.write(
      Int(clamping: stamp), Self.stampDigits, at: gap + digits + 1, in: &request)
    return request
  }

  /// Which message it is, and when it was sent; nil if it is none of these.
  static func origin(
    of message: ParsedReply, in reader: ReplyReader
  ) -> (id: Int, stamp: UInt64)? {
    let end = message.range.upperBound
    guard let offset = reader.offset(behind: mark, in: message),
      let id = reader.number(at: offset, before: end), id.end < end,
      let stamp = reader.number(at: id.end + 1, before: end)
    else { return nil }
    return (id.value, UInt64(clamping: stamp.value))
  }
}
