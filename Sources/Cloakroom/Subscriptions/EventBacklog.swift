internal import CloakroomObservability
internal import DequeModule
internal import NIOCore

/// What waits for one subscriber while it can't be written to.
///
/// Bounded: once an event finds no room, it and all that come until everything else has been taken
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
  private var items = Deque<Item>()
  private var bytes = 0
  private var dropped: UInt64 = 0
  /// Whether the way was lost while events were being dropped.
  private var isReconnected = false

  init(countLimit: Int, byteLimit: Int) {
    self.countLimit = countLimit
    self.byteLimit = byteLimit
  }

  /// Whether there is nothing to write.
  var isEmpty: Bool { items.isEmpty && dropped == 0 }

  /// Adds an event.
  ///
  /// - Returns: whether there was room for it.
  mutating func add(_ envelope: ByteBuffer) -> Bool {
    guard
      dropped == 0, items.count < countLimit, bytes + envelope.readableBytes <= byteLimit
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
      if case .event(let envelope) = item { bytes -= envelope.readableBytes }
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
