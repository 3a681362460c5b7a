public import NIOCore

/// What a connection can be subscribed to.
public enum RedisTopic: Sendable, Hashable {
  /// One channel (SUBSCRIBE).
  case name(ByteBuffer)
  /// All channels that a glob matches (PSUBSCRIBE).
  case pattern(ByteBuffer)

  /// The channel's name, or the glob.
  var bytes: ByteBuffer {
    switch self {
    case .name(let bytes), .pattern(let bytes): bytes
    }
  }
}

extension ByteBuffer {
  /// Writes the command that begins a subscription.
  mutating func writeSubscribe(_ topic: RedisTopic) {
    switch topic {
    case .name: writeCommand(head: "*2\r\n$9\r\nSUBSCRIBE\r\n", topic)
    case .pattern: writeCommand(head: "*2\r\n$10\r\nPSUBSCRIBE\r\n", topic)
    }
  }

  /// Writes the command that ends a subscription.
  mutating func writeUnsubscribe(_ topic: RedisTopic) {
    switch topic {
    case .name: writeCommand(head: "*2\r\n$11\r\nUNSUBSCRIBE\r\n", topic)
    case .pattern: writeCommand(head: "*2\r\n$12\r\nPUNSUBSCRIBE\r\n", topic)
    }
  }

  /// Each topic has a command of its own: Redis refuses a command as a whole, and says of which topic
  /// only by the order of its answers.
  private mutating func writeCommand(head: StaticString, _ topic: RedisTopic) {
    let bytes = topic.bytes
    writeCommand(payload: bytes.readableBytes, arguments: 1) {
      $0.write(head: head)
      $0.write(bytes)
    }
  }
}
