internal import NIOCore
internal import Synchronization

/// What an exchange has for one loop, until the loop takes it.
///
/// Messages are bounded, by number and by bytes: past that they are dropped, and their topic's
/// subscribers are told so, in the place of the first that was dropped. All other events are as many
/// as there are topics.
final class BusMailbox: Sendable {
  private struct Contents {
    var events: [BusEvent] = []
    var messages = 0
    var bytes = 0
    /// The topics of which messages were dropped since the loop last took all.
    var overflowed: Set<UInt64> = []
    var isWakeScheduled = false
    var dropped: UInt64 = 0
    var receiver: NIOLoopBound<LoopBusLink>?

    /// Adds a message, or notes where it is missing.
    mutating func add(
      _ message: ByteBuffer, on name: ByteBuffer, for tokens: [UInt64], messageLimit: Int,
      byteLimit: Int
    ) {
      // What follows a message that was dropped is dropped too, until the loop knows of the gap.
      let open = overflowed.isEmpty ? tokens : tokens.filter { !overflowed.contains($0) }
      dropped &+= UInt64(tokens.count - open.count)
      guard !open.isEmpty else { return }
      let size =
        message.readableBytes + name.readableBytes
        + (open.count - 1) * MemoryLayout<UInt64>.stride
      guard messages < messageLimit, bytes + size <= byteLimit else {
        dropped &+= UInt64(open.count)
        for token in open where overflowed.insert(token).inserted {
          events.append(.overflowed(token))
        }
        return
      }
      messages += 1
      bytes += size
      events.append(.message(open, message, on: name))
    }
  }

  private let loop: any EventLoop
  private let messageLimit: Int
  private let byteLimit: Int
  private let contents = Mutex(Contents())

  init(loop: any EventLoop, limits: BusLimits) {
    self.loop = loop
    messageLimit = limits.waitingMessages
    byteLimit = limits.waitingBytes
  }

  /// How many messages were dropped.
  var dropped: UInt64 { contents.withLock { $0.dropped } }

  /// Says who takes what comes; nobody (nil): all is let go. Called on the loop.
  func attach(_ receiver: NIOLoopBound<LoopBusLink>?) {
    contents.withLock { contents in
      contents.receiver = receiver
      if receiver == nil { contents.events = [] }
    }
  }

  /// Adds an event; `wake` has the loop take it.
  func add(_ event: BusEvent) {
    contents.withLock { contents in
      guard contents.receiver != nil else { return }
      guard case .message(let tokens, let message, let name) = event else {
        contents.events.append(event)
        return
      }
      contents.add(
        message, on: name, for: tokens, messageLimit: messageLimit, byteLimit: byteLimit)
    }
  }

  /// Has the loop take what there is: once, however much is added until it does.
  func wake() {
    let receiver = contents.withLock { contents -> NIOLoopBound<LoopBusLink>? in
      guard !contents.isWakeScheduled, !contents.events.isEmpty else { return nil }
      contents.isWakeScheduled = true
      return contents.receiver
    }
    guard let receiver else { return }
    loop.execute { receiver.value.takeMail() }
  }

  /// Adds an event and has the loop take it.
  func post(_ event: BusEvent) {
    add(event)
    wake()
  }

  /// Takes all there is; until `tookAll` the loop is not woken again.
  func take() -> [BusEvent] {
    contents.withLock { contents in
      var events: [BusEvent] = []
      swap(&events, &contents.events)
      contents.messages = 0
      contents.bytes = 0
      contents.overflowed.removeAll()
      return events
    }
  }

  /// What was taken has been told: the loop is woken for what has come since, and what comes.
  func tookAll() {
    contents.withLock { $0.isWakeScheduled = false }
    wake()
  }
}
