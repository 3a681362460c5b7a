internal import CloakroomCore
internal import DequeModule

/// A group of consumers: how far it has read, and what it has not acknowledged.
struct MemoryStreamGroup: Sendable {
  /// A message that was handed over and not acknowledged.
  struct Unacknowledged: Sendable {
    /// What one is taken to cost beside its consumer's name, in bytes.
    static let overhead = 128

    let id: StreamID
    var consumer: String
    /// When it was handed over last, in milliseconds of the store's clock.
    var deliveredAt: Int64
    var deliveries: Int64
    /// Whether it has been acknowledged; its place is given up later.
    var isGone = false

    /// What it is charged for, in bytes.
    var cost: Int { Self.overhead + consumer.utf8.count }

    /// How long it has been unacknowledged, in milliseconds.
    func idleMs(at now: Int64) -> Int64 {
      let (idle, overflow) = now.subtractingReportingOverflow(deliveredAt)
      return overflow ? .max : max(0, idle)
    }
  }

  /// What a group is taken to cost beside its name, in bytes.
  static let overhead = 256
  /// So many acknowledged messages keep their places without more ado.
  private static let slack = 32

  /// The last message that was handed over for the first time.
  private(set) var lastDelivered: StreamID
  /// In the order of the ids, which is that of the first deliveries; those that are gone included.
  private(set) var unacknowledged: Deque<Unacknowledged> = []
  private var gone = 0

  /// A group that reads what comes behind an id.
  init(after id: StreamID) { lastDelivered = id }

  /// How many messages are unacknowledged.
  var count: Int { unacknowledged.count - gone }

  /// Notes that a message is handed over for the first time.
  mutating func deliver(_ id: StreamID, to consumer: String, at now: Int64) {
    lastDelivered = id
    unacknowledged.append(
      Unacknowledged(id: id, consumer: consumer, deliveredAt: now, deliveries: 1))
  }

  /// Notes that a message is handed over once more.
  mutating func claim(_ index: Int, by consumer: String, at now: Int64) {
    unacknowledged[index].consumer = consumer
    unacknowledged[index].deliveredAt = now
    unacknowledged[index].deliveries += 1
  }

  /// Acknowledges a message; nil when it was not handed over.
  ///
  /// - Returns: what it was charged for.
  mutating func acknowledge(_ id: StreamID) -> Int? {
    let index = unacknowledged.firstPlace { $0.id >= id }
    guard index < unacknowledged.count, unacknowledged[index].id == id,
      !unacknowledged[index].isGone
    else {
      return nil
    }
    return remove(at: index)
  }

  /// Takes the message at a place off; the places stay as they are until `compact`.
  ///
  /// - Returns: what it was charged for.
  mutating func remove(at index: Int) -> Int {
    unacknowledged[index].isGone = true
    gone += 1
    return unacknowledged[index].cost
  }

  /// Gives up places of messages that are gone: those in front at once, the others when they are
  /// most, so that each acknowledgement costs the same whatever the order.
  mutating func compact() {
    while let first = unacknowledged.first, first.isGone {
      unacknowledged.removeFirst()
      gone -= 1
    }
    guard gone > Self.slack, gone > unacknowledged.count / 2 else { return }
    unacknowledged.removeAll { $0.isGone }
    gone = 0
  }

  /// Its unacknowledged messages.
  func summary(at now: Int64) -> UnacknowledgedMessages {
    var shares: [ByteString: Int64] = [:]
    for entry in unacknowledged where !entry.isGone {
      shares[ByteString(entry.consumer), default: 0] += 1
    }
    // As Redis orders names: by their bytes.
    let sorted = shares.sorted { $0.key.text.utf8.lexicographicallyPrecedes($1.key.text.utf8) }
    let oldest = unacknowledged.first { !$0.isGone }.map { entry in
      UnacknowledgedMessages.Entry(
        id: entry.id, consumer: entry.consumer, idleMs: entry.idleMs(at: now),
        deliveries: entry.deliveries)
    }
    return UnacknowledgedMessages(
      count: Int64(count),
      consumers: sorted.prefix(InspectGroup.mostConsumersNamed).map {
        UnacknowledgedMessages.Share(consumer: $0.key.text, count: $0.value)
      },
      oldest: oldest)
  }
}

extension Deque {
  /// The first place whose element is past something, in a deque in which all behind such a one are.
  func firstPlace(where isPast: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isPast(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
