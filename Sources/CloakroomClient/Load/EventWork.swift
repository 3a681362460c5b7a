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
