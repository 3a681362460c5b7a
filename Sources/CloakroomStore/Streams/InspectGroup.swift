package import CloakroomCore
package import CloakroomRedis

/// Tells what a group of a stream's consumers has in hand; NOT_FOUND without such a group.
package struct InspectGroup: StoreStep {
  /// How many consumers are named at most, the first of them by the bytes of their names.
  package static let mostConsumersNamed = 1000

  package let weight = 16
  package let key: StoreKey
  package let group: String

  package init(_ key: StoreKey, group: String) {
    self.key = key
    self.group = group
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> UnacknowledgedMessages {
    let found = try store.withStreams { streams -> UnacknowledgedMessages? in
      let now = streams.now
      return streams.change(key) { $0.unacknowledged(group, at: now) } ?? nil
    }
    guard let found else { throw .noGroup }
    return found
  }

  /// XPENDING as a summary and with its first entry, in one step.
  ///
  /// ARGV: group, how many consumers to name. → the count, the consumers, and the first entry.
  package static let redis = RedisForm.script(
    .read,
    """
    local summary = redis.call('XPENDING', KEYS[1], ARGV[1])
    local first = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1)[1]
    local consumers = summary[4] or {}
    for place = #consumers, tonumber(ARGV[2]) + 1, -1 do consumers[place] = nil end
    return {summary[1], consumers, first or {}}
    """)

  package var keys: [StoreKey] { [key] }
  package var arguments: [RedisArgument] { [.text(group), .number(Self.mostConsumersNamed)] }

  /// A number, an array of names with their numbers as texts, and the parts of an entry or nothing.
  package static func read(_ reply: borrowing RESPReply) -> UnacknowledgedMessages? {
    var reader = RESPReplyReader(reply)
    guard reader.array() == 3, let total = reader.integer(), let count = reader.array() else {
      return nil
    }
    var shares: [UnacknowledgedMessages.Share] = []
    for _ in 0..<count {
      guard reader.array() == 2, let name = reader.text(),
        let share = reader.text().flatMap({ Int64($0) })
      else { return nil }
      shares.append(UnacknowledgedMessages.Share(consumer: name, count: share))
    }
    var oldest: UnacknowledgedMessages.Entry?
    if reader.array() == 4 {
      guard let id = reader.id(), let consumer = reader.text(), let idleMs = reader.integer(),
        let deliveries = reader.integer()
      else { return nil }
      oldest = UnacknowledgedMessages.Entry(
        id: id, consumer: consumer, idleMs: idleMs, deliveries: deliveries)
    }
    return UnacknowledgedMessages(count: total, consumers: shares, oldest: oldest)
  }
}

/// What a group has in hand: messages that were handed over and not acknowledged.
public struct UnacknowledgedMessages: Sendable, Equatable {
  /// What one consumer has in hand.
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

  /// One message that is in hand.
  public struct Entry: Sendable, Equatable {
    /// Its id.
    public let id: StreamID
    /// Who has it.
    public let consumer: String
    /// For how long, in milliseconds.
    public let idleMs: Int64
    /// How often it has been handed over.
    public let deliveries: Int64

    /// A message that is in hand.
    public init(id: StreamID, consumer: String, idleMs: Int64, deliveries: Int64) {
      self.id = id
      self.consumer = consumer
      self.idleMs = idleMs
      self.deliveries = deliveries
    }
  }

  /// How many messages.
  public let count: Int64
  /// Who has them, in the order of the names' bytes; no more than `InspectGroup.mostConsumersNamed`.
  public let consumers: [Share]
  /// The one with the lowest id; nil when there is none.
  public let oldest: Entry?

  /// What a group has in hand.
  public init(count: Int64, consumers: [Share], oldest: Entry?) {
    self.count = count
    self.consumers = consumers
    self.oldest = oldest
  }
}
