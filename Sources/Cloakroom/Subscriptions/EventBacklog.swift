internal import CloakroomObservability
internal import DequeModule
internal import NIOCore

/// What all subscriptions of one connection hold together; bound to its loop.
final class SubscriberAccount {
  /// What an event that waits is taken to cost beside its bytes, in bytes.
  static let eventOverhead = 64

  /// How many bytes of events may wait.
  private let waitingLimit: Int
  /// How many bytes the patterns may have.
  private let patternLimit: Int
  private(set) var waitingBytes = 0
  private(set) var patternBytes = 0

  /// - Parameters:
  ///   - waitingLimit: how many bytes of events may wait, `eventOverhead` for each of them included.
  ///   - patternLimit: how many bytes the patterns may have.
  init(waitingLimit: Int, patternLimit: Int) {
    self.waitingLimit = waitingLimit
    self.patternLimit = patternLimit
  }

  /// Takes room for an event that waits; false when there is none.
  func take(event bytes: Int) -> Bool {
    guard waitingBytes + bytes + Self.eventOverhead <= waitingLimit else { return false }
    waitingBytes += bytes + Self.eventOverhead
    return true
  }

  /// Gives the room of an event back.
  func giveBack(event bytes: Int) { waitingBytes -= bytes + Self.eventOverhead }

  /// Takes room for a pattern; false when there is none.
  func take(pattern bytes: Int) -> Bool {
    guard patternBytes + bytes <= patternLimit else { return false }
    patternBytes += bytes
    return true
  }

  /// Gives the room of a pattern back.
  func giveBack(pattern bytes: Int) { patternBytes -= bytes }
}

/// What waits for one subscriber while it can't be written to.
///
/// Bounded by itself and by what its connection has in all: once an event finds no room, it and all that come until everything else has been taken
/// are dropped, so that what is missing is missing in one place, and the subscriber is told there.
struct EventBacklog {
  /// The next thing to write.
  enum Item: Equatable {
    /// An event, in its envelope.
    case event(ByteBuffer)
    /// Events are missing here; how many, where that is known.
    case gap(GapReason, dropped: UInt64?)
  }

  private let countLimit: Int
  private let byteLimit: Int
  private let account: SubscriberAccount
  private var items = Deque<Item>()
  private var bytes = 0
  private var dropped: UInt64 = 0
  /// Whether the way was lost while events were being dropped.
  private var isReconnected = false

  init(countLimit: Int, byteLimit: Int, account: SubscriberAccount) {
    self.countLimit = countLimit
    self.byteLimit = byteLimit
    self.account = account
  }

  /// Whether there is nothing to write.
  var isEmpty: Bool { items.isEmpty && dropped == 0 }

  /// Adds an event.
  ///
  /// - Returns: whether there was room for it.
  mutating func add(_ envelope: ByteBuffer) -> Bool {
    guard
      dropped == 0, items.count < countLimit, bytes + envelope.readableBytes <= byteLimit,
      account.take(event: envelope.readableBytes)
    else {
      dropped += 1
      return false
    }
    bytes += envelope.readableBytes
    items.append(.event(envelope))
    return true
  }

  /// Notes that events are missing from here on.
  mutating func addGap(_ reason: GapReason) {
    if dropped > 0 {
      isReconnected = isReconnected || reason == .reconnected
    } else if items.last != .gap(reason, dropped: nil) {
      items.append(.gap(reason, dropped: nil))
    }
  }

  /// Takes the oldest thing out.
  mutating func next() -> Item? {
    if let item = items.popFirst() {
      if case .event(let envelope) = item {
        bytes -= envelope.readableBytes
        account.giveBack(event: envelope.readableBytes)
      }
      return item
    }
    guard dropped > 0 else { return nil }
    let gap = Item.gap(.overflow, dropped: dropped)
    dropped = 0
    if isReconnected { items.append(.gap(.reconnected, dropped: nil)) }
    isReconnected = false
    return gap
  }
}
