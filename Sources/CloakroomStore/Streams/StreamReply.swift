public import NIOCore

/// What the store answers to a step on a stream.
public enum StreamReply: Sendable, Equatable {
  /// The id of the message that was appended.
  case appended(StreamID)
  /// Messages in the order of their ids.
  case messages([StreamMessage])
  /// How many messages.
  case count(Int64)
  /// A group's unacknowledged messages.
  case unacknowledged(UnacknowledgedMessages)
  /// Messages in the order of their ids, and how many others were moved to the dead letters.
  case reclaimed([StreamMessage], deadLettered: Int)
}

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

/// A group's messages that were handed over and not acknowledged.
public struct UnacknowledgedMessages: Sendable, Equatable {
  /// How many one consumer has not acknowledged.
  public struct Share: Sendable, Equatable {
    /// The consumer's name.
    public let consumer: String
    /// How many messages.
    public let count: Int64

    /// A consumer's share.
    public init(consumer: String, count: Int64) {
      self.consumer = consumer
      self.count = count
    }
  }

  /// One unacknowledged message.
  public struct Entry: Sendable, Equatable {
    /// Its id.
    public let id: StreamID
    /// Who has it.
    public let consumer: String
    /// For how long, in milliseconds.
    public let idleMs: Int64
    /// How often it has been handed over.
    public let deliveries: Int64

    /// An unacknowledged message.
    public init(id: StreamID, consumer: String, idleMs: Int64, deliveries: Int64) {
      self.id = id
      self.consumer = consumer
      self.idleMs = idleMs
      self.deliveries = deliveries
    }
  }

  /// How many messages.
  public let count: Int64
  /// Who has them, in the order of the names' bytes; no more than `StreamStep.mostConsumersNamed`.
  public let consumers: [Share]
  /// The one with the lowest id; nil when there is none.
  public let oldest: Entry?

  /// A group's unacknowledged messages.
  public init(count: Int64, consumers: [Share], oldest: Entry?) {
    self.count = count
    self.consumers = consumers
    self.oldest = oldest
  }
}
