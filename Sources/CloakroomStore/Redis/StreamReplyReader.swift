internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

/// Reads what Redis answers to the steps on streams, node by node.
///
/// What is not of the form that the step's script or command answers in is nil, and no message.
struct StreamReplyReader: ~Copyable {
  private let reply: RESPReply
  private var at = 0

  init(_ reply: borrowing RESPReply) { self.reply = copy reply }

  /// An array of an id with its fields.
  mutating func messages() -> StreamReply? {
    guard let count = array() else { return nil }
    var messages: [StreamMessage] = []
    messages.reserveCapacity(count)
    for _ in 0..<count {
      guard array() == 2, let message = message(deliveries: 1) else { return nil }
      messages.append(message)
    }
    return .messages(messages)
  }

  /// A number, and an array of a number of deliveries, an id and its fields.
  mutating func reclaimed() -> StreamReply? {
    guard array() == 2, let moved = integer(), let count = array() else { return nil }
    var messages: [StreamMessage] = []
    messages.reserveCapacity(count)
    for _ in 0..<count {
      guard array() == 3, let deliveries = integer(), let message = message(deliveries: deliveries)
      else { return nil }
      messages.append(message)
    }
    return .reclaimed(messages, deadLettered: Int(clamping: moved))
  }

  /// A number, an array of names with their numbers as texts, and the parts of an entry or nothing.
  mutating func unacknowledged() -> StreamReply? {
    guard array() == 3, let total = integer(), let count = array() else { return nil }
    var shares: [UnacknowledgedMessages.Share] = []
    for _ in 0..<count {
      guard array() == 2, let name = text(), let share = text().flatMap({ Int64($0) }) else {
        return nil
      }
      shares.append(UnacknowledgedMessages.Share(consumer: name, count: share))
    }
    var oldest: UnacknowledgedMessages.Entry?
    if array() == 4 {
      guard let id = id(), let consumer = text(), let idleMs = integer(),
        let deliveries = integer()
      else { return nil }
      oldest = UnacknowledgedMessages.Entry(
        id: id, consumer: consumer, idleMs: idleMs, deliveries: deliveries)
    }
    return .unacknowledged(UnacknowledgedMessages(count: total, consumers: shares, oldest: oldest))
  }

  /// One id.
  mutating func appended() -> StreamReply? { id().map { .appended($0) } }

  /// An id and its fields.
  private mutating func message(deliveries: Int64) -> StreamMessage? {
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
      default: _ = next()
      }
    }
    var origin: StreamMessage.Origin?
    if let originID, let group, let count {
      origin = StreamMessage.Origin(id: originID, group: group, deliveries: count)
    }
    return StreamMessage(id: id, message: message, deliveries: deliveries, origin: origin)
  }

  private mutating func id() -> StreamID? { text().flatMap { StreamID($0) } }

  private mutating func text() -> String? { slice().map { String(buffer: $0) } }

  private mutating func slice() -> ByteBuffer? {
    guard let node = next(), node.kind == .string else { return nil }
    return reply.slice(of: node)
  }

  private mutating func integer() -> Int64? {
    guard let node = next(), node.kind == .integer else { return nil }
    return node.integer
  }

  private mutating func array() -> Int? {
    guard let node = next(), node.kind == .array else { return nil }
    return Int(clamping: node.integer)
  }

  private mutating func next() -> RESPReply.Node? {
    defer { at += 1 }
    if at == 0 { return reply.first }
    return at < reply.nodes.count ? reply.nodes[at] : nil
  }
}
