public import CloakroomCore
public import NIOCore

/// One atomic step on a stream: messages in the order in which they were appended, and groups of
/// consumers that share them out among themselves.
///
/// A group or stream that is not there is NOT_FOUND unless a case says otherwise.
public enum StreamStep: Sendable {
  /// Appends a message to a stream, which is made if there is none, and wakes those who listen
  /// on the stream's name. → `.appended`
  case append(message: ByteBuffer, limit: StreamLimit?, life: StreamLife)
  /// Makes a group, and a stream for it with `life`, if there is none.
  /// → `.boolean`: whether the group is new
  case ensure(group: String, from: StreamStart, life: TimeToLive)
  /// Hands a consumer messages that nobody of its group was handed before. → `.messages`
  case read(StreamReader, StreamPortion)
  /// Acknowledges a group's messages. → `.count`: how many were unacknowledged; none without
  /// such a group or stream
  case acknowledge(group: String, [StreamID])
  /// Tells which messages a group has not acknowledged. → `.unacknowledged`
  case unacknowledged(group: String)
  /// Hands a consumer messages of its group that another has not acknowledged for too long. → `.reclaimed`
  case reclaim(StreamReader, StreamPortion, minIdleMs: Int64, maxDeliveries: Int64?)
  /// Counts a stream's messages. → `.count`: none without such a stream
  case length
}

/// How many messages a stream keeps.
public struct StreamLimit: Sendable, Hashable {
  /// The number of messages, at least one: the oldest go.
  public let count: Int64
  /// Whether there may be somewhat more of them, where that is quicker.
  public let isApproximate: Bool

  /// A limit of a number of messages.
  public init(count: Int64, isApproximate: Bool) {
    self.count = count
    self.isApproximate = isApproximate
  }
}

/// What becomes of a stream's life when a message is appended.
public enum StreamLife: Sendable, Hashable {
  /// It lives as long as that from now on, or longer if it would have.
  case atLeast(TimeToLive)
  /// What any value's write does.
  case set(Expiry)
}

/// Where a group begins to read.
public enum StreamStart: Sendable, Hashable {
  /// With the first message behind an id.
  case after(StreamID)
  /// With the next message to be appended.
  case end
}

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

extension StreamStep {
  /// How many groups a stream has at most. One more is STORE_REFUSED, code `GROUPS`.
  public static let mostGroups = 1000
  /// How many consumers `.unacknowledged` names at most, the first of them by the bytes of their names.
  public static let mostConsumersNamed = 1000
  /// How many messages one `.reclaim` moves away or drops at most.
  static let mostDisposals = 1000
}

extension RPCError {
  /// A stream has as many groups as it may have.
  static let tooManyGroups = RPCError(
    .storeRefused, "a stream has at most \(StreamStep.mostGroups) groups",
    details: [.text("code", "GROUPS")])
  /// There is no stream or group of that name.
  static let noGroup = RPCError(.notFound, "there is no such stream or group")
}
