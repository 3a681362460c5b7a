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

  /// One field of an entry that another program has added.
  public struct Field: Sendable, Hashable {
    /// The field's name.
    public let name: ByteBuffer
    /// What it holds.
    public let value: ByteBuffer
  }

  /// Its id.
  public let id: StreamID
  /// Its bytes as they were appended; nil for an entry that somebody else wrote and that has none.
  public let message: ByteBuffer?
  /// How often it has been handed over, this time counted.
  public let deliveries: Int64
  /// Where it comes from, if it is a dead letter.
  public let origin: Origin?

  /// What an entry without a message has in its place, in the entry's order.
  public let fields: [Field]

  /// A message.
  public init(
    id: StreamID, message: ByteBuffer?, deliveries: Int64, origin: Origin? = nil,
    fields: [Field] = []
  ) {
    self.id = id
    self.message = message
    self.deliveries = deliveries
    self.origin = origin
    self.fields = fields
  }
}

extension StreamMessage {
  /// How many bytes of JSON, or of fields, it has.
  package var payloadBytes: Int {
    fields.reduce(message?.readableBytes ?? 0) {
      $0 + $1.name.readableBytes + $1.value.readableBytes
    }
  }
}

extension [StreamMessage] {
  /// The memory that the messages' own bytes take.
  var byteCount: Int {
    reduce(0) { sum, message in
      message.fields.reduce(sum + 64 + (message.message?.capacity ?? 0)) {
        $0 + 64 + $1.name.readableBytes + $1.value.readableBytes
      }
    }
  }
}

extension RESPReplyReader {
  /// An id.
  mutating func id() -> StreamID? { text().flatMap { StreamID($0) } }

  /// An id and its fields: a message is its entry's field `message`; a dead letter has `id`, `group` and
  /// `deliveries` beside it. An entry of another program may have any fields.
  mutating func message(deliveries: Int64) -> StreamMessage? {
    guard let id = id(), let parts = array(), parts % 2 == 0 else { return nil }
    var message: ByteBuffer?
    var fields: [StreamMessage.Field] = []
    for _ in 0..<parts / 2 {
      guard let name = slice(), let value = slice() else { return nil }
      if name.readableBytesView.elementsEqual("message".utf8) {
        message = value
      } else {
        fields.append(StreamMessage.Field(name: name, value: value))
      }
    }
    let origin = StreamMessage.Origin(fields)
    return StreamMessage(
      id: id, message: message, deliveries: deliveries, origin: origin,
      fields: message == nil ? Array(fields.dropFirst(origin == nil ? 0 : 3)) : [])
  }
}

extension StreamMessage.Origin {
  /// What the first fields of a dead letter say, which stand before those that it had; nil for what is none.
  fileprivate init?(_ fields: [StreamMessage.Field]) {
    // What was appended here has no fields but its message.
    guard fields.count >= 3 else { return nil }
    func text(_ place: Int, _ name: String) -> String? {
      fields[place].name.readableBytesView.elementsEqual(name.utf8)
        ? String(buffer: fields[place].value) : nil
    }
    guard let id = text(0, "id").flatMap({ StreamID($0) }), let group = text(1, "group"),
      let deliveries = text(2, "deliveries").flatMap({ Int64($0) })
    else { return nil }
    self.init(id: id, group: group, deliveries: deliveries)
  }
}
