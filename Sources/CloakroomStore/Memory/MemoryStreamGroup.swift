internal import CloakroomCore
internal import DequeModule

/// A group of consumers: how far it has read, and what it has not acknowledged.
struct MemoryStreamGroup: Sendable {
  /// A message that was handed over and not acknowledged.
  struct Unacknowledged: Sendable {
    /// What one is taken to cost, in bytes.
    static let cost = 128

    let id: StreamID
    var consumer: ByteString
    /// When it was handed over last, in milliseconds of the store's clock.
    var deliveredAt: Int64
    var deliveries: Int64
    /// Whether it has been acknowledged; its place is given up later.
    var isGone = false

    /// How long it has been unacknowledged, in milliseconds.
    func idleMs(at now: Int64) -> Int64 {
      let (idle, overflow) = now.subtractingReportingOverflow(deliveredAt)
      return overflow ? .max : max(0, idle)
    }

    fileprivate var age: Age { Age(deliveredAt: deliveredAt, id: id) }
  }

  /// By what unacknowledged messages are found that were handed over long ago.
  struct Age: Sendable, Comparable {
    fileprivate let deliveredAt: Int64
    let id: StreamID

    static func < (left: Self, right: Self) -> Bool {
      (left.deliveredAt, left.id) < (right.deliveredAt, right.id)
    }
  }

  /// What a group is taken to cost beside its name, in bytes.
  static let overhead = 256
  /// What a consumer that has unacknowledged messages is taken to cost beside its name, in bytes.
  private static let consumerOverhead = 160
  /// So many acknowledged messages keep their places without more ado.
  private static let slack = 32

  /// The last message that was handed over for the first time.
  private(set) var lastDelivered: StreamID
  /// In the order of the ids, which is that of the first deliveries; those that are gone included.
  private(set) var unacknowledged: Deque<Unacknowledged> = []
  private var gone = 0
  /// Those that are not gone, the one first that was handed over longest ago.
  private var ages = SortedChunks<Age>()
  /// How many each consumer has, where that is any, and the consumers by their names' bytes.
  private var shares: [ByteString: Int64] = [:]
  private var consumers = SortedChunks<IndexedName>()

  /// A group that reads what comes behind an id.
  init(after id: StreamID) { lastDelivered = id }

  /// How many messages are unacknowledged.
  var count: Int { unacknowledged.count - gone }

  private static func cost(of consumer: ByteString) -> Int {
    consumerOverhead + consumer.text.utf8.count
  }

  // MARK: Handing over

  /// What it would be charged more for with one more message that a consumer has.
  func addedCost(for consumer: ByteString) -> Int {
    Unacknowledged.cost + (shares[consumer] == nil ? Self.cost(of: consumer) : 0)
  }

  /// Notes that a message is handed over for the first time.
  mutating func deliver(_ id: StreamID, to consumer: ByteString, at now: Int64) {
    lastDelivered = id
    let entry = Unacknowledged(id: id, consumer: consumer, deliveredAt: now, deliveries: 1)
    unacknowledged.append(entry)
    ages.insert(entry.age)
    addShare(of: consumer)
  }

  /// What it would be charged more for, or less, with a message passed to another consumer.
  func addedCost(ofPassing index: Int, to consumer: ByteString) -> Int {
    let owner = unacknowledged[index].consumer
    guard owner != consumer else { return 0 }
    return (shares[consumer] == nil ? Self.cost(of: consumer) : 0)
      - (shares[owner] == 1 ? Self.cost(of: owner) : 0)
  }

  /// Notes that a message is handed over once more.
  mutating func claim(_ index: Int, by consumer: ByteString, at now: Int64) {
    ages.remove(unacknowledged[index].age)
    removeShare(of: unacknowledged[index].consumer)
    unacknowledged[index].consumer = consumer
    unacknowledged[index].deliveredAt = now
    unacknowledged[index].deliveries += 1
    ages.insert(unacknowledged[index].age)
    addShare(of: consumer)
  }

  // MARK: Taking off

  /// Acknowledges a message; nil when it was not handed over.
  ///
  /// - Returns: what it was charged for.
  mutating func acknowledge(_ id: StreamID) -> Int? { place(of: id).map { remove(at: $0) } }

  /// Where an unacknowledged message is; nil for what is none.
  func place(of id: StreamID) -> Int? {
    let index = unacknowledged.firstPlace { $0.id >= id }
    guard index < unacknowledged.count, unacknowledged[index].id == id,
      !unacknowledged[index].isGone
    else {
      return nil
    }
    return index
  }

  /// Takes the message at a place off; the places stay as they are until `compact`.
  ///
  /// - Returns: what it was charged for.
  mutating func remove(at index: Int) -> Int {
    unacknowledged[index].isGone = true
    gone += 1
    ages.remove(unacknowledged[index].age)
    return Unacknowledged.cost + removeShare(of: unacknowledged[index].consumer)
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

  // MARK: Consumers

  private mutating func addShare(of consumer: ByteString) {
    let share = shares[consumer, default: 0]
    shares[consumer] = share + 1
    if share == 0 { consumers.insert(IndexedName(consumer.text, score: 0)) }
  }

  /// - Returns: what the consumer was charged for, if that was its last message.
  @discardableResult
  private mutating func removeShare(of consumer: ByteString) -> Int {
    let share = shares[consumer, default: 1] - 1
    shares[consumer] = share > 0 ? share : nil
    guard share <= 0 else { return 0 }
    consumers.remove(IndexedName(consumer.text, score: 0))
    return Self.cost(of: consumer)
  }

  // MARK: Asking

  /// Those that have been unacknowledged for so long, the oldest delivery first.
  func idle(for minIdleMs: Int64, at now: Int64, count: Int) -> [Age] {
    let (latest, overflow) = now.subtractingReportingOverflow(minIdleMs)
    guard !overflow else { return [] }
    return ages.prefix(count) { $0.deliveredAt <= latest }
  }

  /// Its unacknowledged messages. The front of them is never gone (`compact`).
  func summary(at now: Int64) -> UnacknowledgedMessages {
    let named = consumers.prefix(InspectGroup.mostConsumersNamed)
    let oldest = unacknowledged.first { !$0.isGone }.map { entry in
      UnacknowledgedMessages.Entry(
        id: entry.id, consumer: entry.consumer.text, idleMs: entry.idleMs(at: now),
        deliveries: entry.deliveries)
    }
    return UnacknowledgedMessages(
      count: Int64(count),
      consumers: named.map {
        UnacknowledgedMessages.Share(consumer: $0.name.text, count: shares[$0.name] ?? 0)
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
