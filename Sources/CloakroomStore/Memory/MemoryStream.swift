internal import CloakroomCore
internal import DequeModule
internal import NIOCore

/// One stream in memory.
///
/// Takes the bytes for what it keeps from the budget; where there are none it throws, and has changed
/// nothing but what it says.
struct MemoryStream: MemoryCharged {
  /// One message.
  struct Entry: Sendable {
    /// What one is taken to cost beside its bytes.
    static let overhead = 160

    let id: StreamID
    /// In memory of its own; never a slice of a larger buffer.
    let message: ByteBuffer
    var origin: StreamMessage.Origin?

    /// What it is charged for, in bytes.
    var cost: Int { Self.overhead + message.capacity + (origin?.group.utf8.count ?? 0) }

    /// The message as a consumer is handed it.
    func delivered(_ deliveries: Int64) -> StreamMessage {
      StreamMessage(id: id, message: message, deliveries: deliveries, origin: origin)
    }
  }

  /// What a stream is taken to cost beside its key, in bytes.
  static let overhead = 640

  /// What it is charged for beside its key, in bytes.
  private(set) var cost: Int

  private let budget: MemoryBudget
  private var entries: Deque<Entry> = []
  private var lastID = StreamID.zero
  private var groups: [ByteString: MemoryStreamGroup] = [:]

  /// An empty stream whose own cost has been charged.
  init(budget: MemoryBudget) {
    self.budget = budget
    cost = Self.overhead
  }

  /// What an empty stream and its key are charged for, in bytes.
  static func cost(of key: MemoryKey) -> Int { overhead + key.bytes.capacity }

  /// How many messages it has.
  var count: Int { entries.count }

  private mutating func charge(_ bytes: Int) throws(MemoryBudget.Exhausted) {
    try budget.adjust(by: bytes)
    cost += bytes
  }

  private mutating func release(_ bytes: Int) {
    budget.release(bytes)
    cost -= bytes
  }

  // MARK: Writing

  /// Appends a message that is in memory of its own; the oldest messages past the limit go.
  ///
  /// - Parameter time: the milliseconds since 1970.
  /// - Returns: its id; nil when there are no more.
  mutating func append(
    _ message: ByteBuffer, limit: Int64?, at time: UInt64
  ) throws(MemoryBudget.Exhausted) -> StreamID? {
    guard let id = lastID.next(at: time) else { return nil }
    let entry = Entry(id: id, message: message)
    let kept = max(0, Int(clamping: limit ?? .max) - 1)
    let surplus = max(0, entries.count - kept)
    // What goes makes room for what comes.
    let freed = entries.prefix(surplus).reduce(0) { $0 + $1.cost }
    try charge(entry.cost - freed)
    entries.removeFirst(surplus)
    entries.append(entry)
    lastID = id
    return id
  }

  /// Appends dead letters that have been charged for.
  mutating func adopt(_ letters: [Entry], at time: UInt64) {
    for letter in letters {
      guard let id = lastID.next(at: time) else { return budget.release(letter.cost) }
      entries.append(Entry(id: id, message: letter.message, origin: letter.origin))
      cost += letter.cost
      lastID = id
    }
  }

  /// Makes a group.
  ///
  /// - Returns: whether it is new; nil when there are as many as there may be.
  mutating func ensure(
    _ group: String, from start: StreamStart
  ) throws(MemoryBudget.Exhausted) -> Bool? {
    let name = ByteString(group)
    guard groups[name] == nil else { return false }
    guard groups.count < EnsureGroup.mostGroups else { return nil }
    try charge(MemoryStreamGroup.overhead + group.utf8.count)
    switch start {
    case .after(let id): groups[name] = MemoryStreamGroup(after: id)
    case .end: groups[name] = MemoryStreamGroup(after: lastID)
    }
    return true
  }

  // MARK: Reading

  /// Hands over messages for the first time; nil when there is no such group. Where there is room for
  /// some of them, those are handed over.
  mutating func read(
    _ reader: StreamReader, _ portion: StreamPortion, at now: Int64
  ) throws(MemoryBudget.Exhausted) -> [StreamMessage]? {
    let group = ByteString(reader.group)
    guard let last = groups[group]?.lastDelivered else { return nil }
    let consumer = ByteString(reader.consumer)
    var messages: [StreamMessage] = []
    var bytes = 0
    var index = entries.firstPlace { $0.id > last }
    while messages.count < portion.count, bytes < portion.bytes, index < entries.count {
      let entry = entries[index]
      do throws(MemoryBudget.Exhausted) {
        try charge(groups[group]?.addedCost(for: consumer) ?? 0)
      } catch {
        guard messages.isEmpty else { break }
        throw error
      }
      groups[group]?.deliver(entry.id, to: consumer, at: now)
      messages.append(entry.delivered(1))
      bytes += entry.message.readableBytes
      index += 1
    }
    return messages
  }

  /// Acknowledges messages, and tells how many.
  mutating func acknowledge(_ ids: [StreamID], of group: String) -> Int64 {
    let group = ByteString(group)
    var count: Int64 = 0
    for id in ids {
      guard let cost = groups[group]?.acknowledge(id) else { continue }
      release(cost)
      count += 1
    }
    groups[group]?.compact()
    return count
  }

  /// A group's unacknowledged messages; nil when there is no such group.
  func unacknowledged(_ group: String, at now: Int64) -> UnacknowledgedMessages? {
    groups[ByteString(group)]?.summary(at: now)
  }

  // MARK: Reclaiming

  /// The result of reclaiming.
  struct Reclaimed {
    var messages: [StreamMessage] = []
    /// Messages for the dead letters, charged for.
    var letters: [Entry] = []
    /// Whether it has stopped before all were looked at that it could have found.
    fileprivate(set) var hasMore = false
    fileprivate var bytes = 0
    fileprivate var dropped = 0
  }

  /// Hands over messages that have been unacknowledged for too long, those first that have been so for longest;
  /// nil when there is no such group.
  mutating func reclaim(
    _ reader: StreamReader, _ portion: StreamPortion, minIdleMs: Int64, maxDeliveries: Int64?,
    at now: Int64
  ) throws(MemoryBudget.Exhausted) -> Reclaimed? {
    // Taken out while it is worked on, so that its places are changed and not copied.
    let name = ByteString(reader.group)
    guard var group = groups.removeValue(forKey: name) else { return nil }
    defer {
      group.compact()
      groups[name] = group
    }
    var found = Reclaimed()
    let most = portion.count + ReclaimMessages.mostDisposals
    for idle in group.idle(for: minIdleMs, at: now, count: most) {
      guard found.messages.count < portion.count, found.bytes < portion.bytes else { break }
      guard found.letters.count + found.dropped < ReclaimMessages.mostDisposals else {
        found.hasMore = true
        break
      }
      guard let place = group.place(of: idle.id) else { continue }
      do throws(MemoryBudget.Exhausted) {
        try reclaim(at: place, of: &group, reader, maxDeliveries, now, into: &found)
      } catch {
        guard found.messages.isEmpty, found.letters.isEmpty else { break }
        throw error
      }
    }
    found.messages.sort { $0.id < $1.id }
    return found
  }

  private mutating func reclaim(
    at index: Int, of group: inout MemoryStreamGroup, _ reader: StreamReader,
    _ maxDeliveries: Int64?, _ now: Int64, into found: inout Reclaimed
  ) throws(MemoryBudget.Exhausted) {
    let held = group.unacknowledged[index]
    let place = entries.firstPlace { $0.id >= held.id }
    guard place < entries.count, entries[place].id == held.id else {
      // It has been trimmed away.
      release(group.remove(at: index))
      found.dropped += 1
      return
    }
    var entry = entries[place]
    if let maxDeliveries, held.deliveries >= maxDeliveries {
      entry.origin = StreamMessage.Origin(
        id: held.id, group: reader.group, deliveries: held.deliveries)
      try budget.adjust(by: entry.cost)
      release(group.remove(at: index))
      found.letters.append(entry)
    } else {
      let consumer = ByteString(reader.consumer)
      try charge(group.addedCost(ofPassing: index, to: consumer))
      group.claim(index, by: consumer, at: now)
      found.messages.append(entry.delivered(held.deliveries + 1))
      found.bytes += entry.message.readableBytes
    }
  }
}
