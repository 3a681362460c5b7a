internal import CloakroomMethods
internal import CloakroomStore

/// The subscriptions of one event loop to the store's bus, and the queues of those that wait for the
/// same.
final class LoopBus {
  private let link: any BusLink
  private var queues = WaitQueues()
  /// The number that was last given out; none is used twice.
  private var lastID: UInt64 = 0

  init(_ link: any BusLink) { self.link = link }

  /// How many messages were dropped since the start.
  var dropped: UInt64 { link.counters.dropped }

  /// Subscribes a listener to a topic; it is told when it is.
  ///
  /// - Returns: what the subscription is ended by.
  func listen(to topic: Topic, _ listener: any BusListener) -> UInt64 {
    let id = nextID()
    link.subscribe(topic, id: id, listener: listener)
    return id
  }

  /// Adds a waiter to a queue, which is subscribed to the topic.
  ///
  /// - Returns: what the place in the queue is given up by.
  func enqueue(
    _ waiter: any QueueMember, on topic: Topic, in queue: WaiterQueue
  ) -> UInt64 {
    let id = nextID()
    if let queue = queues.join(queue, waiter, id: id) {
      queue.subscription = listen(to: topic, queue)
    }
    return id
  }

  /// Whether a waiter is the first of its queue; one that is in none is.
  func isFirst(_ id: UInt64) -> Bool { queues.isFirst(id) }

  /// Ends a subscription, or gives up a place in a queue.
  func stopListening(_ id: UInt64) {
    if let queue = queues.leave(id), let subscription = queue.subscription {
      link.unsubscribe(id: subscription)
    } else {
      link.unsubscribe(id: id)
    }
  }

  /// Opens the way to the bus.
  ///
  /// - Parameters:
  ///   - later: does something in another turn of the loop.
  ///   - told: called when messages have been handed on, with whether those were all.
  func start(
    later: @escaping (@escaping () -> Void) -> Void, told: @escaping (Bool) -> Void
  ) {
    queues.later = later
    link.start(later: later, told: told)
  }

  func close() { link.close() }

  private func nextID() -> UInt64 {
    lastID += 1
    return lastID
  }
}
