internal import CloakroomCore

/// Who reads: a consumer, and the group that it shares messages with.
public struct StreamReader: Sendable, Hashable {
  /// The group's name.
  public let group: String
  /// The consumer's name within its group.
  public let consumer: String

  /// A consumer of a group.
  public init(group: String, consumer: String) {
    self.group = group
    self.consumer = consumer
  }
}

/// How much is handed over at once.
public struct StreamPortion: Sendable, Hashable {
  /// The greatest number of messages.
  public let count: Int
  /// With the message that makes them so many bytes, or more, the portion is full; at least one.
  public let bytes: Int

  /// A portion.
  public init(count: Int, bytes: Int) {
    self.count = count
    self.bytes = bytes
  }
}

extension RPCError {
  /// There is no stream or group of that name.
  static let noGroup = RPCError(.notFound, "there is no such stream or group")
}
