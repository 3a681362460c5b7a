public import NIOCore

/// One message, as a consumer is handed it.
public struct StreamMessage: Sendable, Equatable {
  /// Where a dead letter comes from.
  public struct Origin: Sendable, Hashable {
    /// The id that it had.
    public let id: StreamID
    /// The group that gave it up.
    public let group: String
    /// How often it was handed to that group's consumers.
    public let deliveries: Int64

    /// A dead letter's origin.
    public init(id: StreamID, group: String, deliveries: Int64) {
      self.id = id
      self.group = group
      self.deliveries = deliveries
    }
  }

  /// Its id.
  public let id: StreamID
  /// Its bytes as they were appended; nil for an entry that somebody else wrote and that has none.
  public let message: ByteBuffer?
  /// How often it has been handed over, this time counted.
  public let deliveries: Int64
  /// Where it comes from, if it is a dead letter.
  public let origin: Origin?

  /// A message.
  public init(id: StreamID, message: ByteBuffer?, deliveries: Int64, origin: Origin? = nil) {
    self.id = id
    self.message = message
    self.deliveries = deliveries
    self.origin = origin
  }
}

extension [StreamMessage] {
  /// The memory that the messages' own bytes take.
  var byteCount: Int { reduce(0) { $0 + 64 + ($1.message?.capacity ?? 0) } }
}

extension RESPReplyReader {
  /// An id.
  mutating func id() -> StreamID? { text().flatMap { StreamID($0) } }

  /// An id and its fields: a message is its entry's field `message`; a dead letter has `id`, `group` and
  /// `deliveries` beside it.
  mutating func message(deliveries: Int64) -> StreamMessage? {
    guard let id = id(), let parts = array(), parts % 2 == 0 else { return nil }
    var message: ByteBuffer?
    var originID: StreamID?
    var group: String?
    var count: Int64?
    for _ in 0..<parts / 2 {
      guard let name = text() else { return nil }
      switch name {
      case "message": message = slice()
      case "id": originID = self.id()
      case "group": group = text()
      case "deliveries": count = text().flatMap { Int64($0) }
      default: skip()
      }
    }
    var origin: StreamMessage.Origin?
    if let originID, let group, let count {
      origin = StreamMessage.Origin(id: originID, group: group, deliveries: count)
    }
    return StreamMessage(id: id, message: message, deliveries: deliveries, origin: origin)
  }
}
