internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The wait queues of one event loop, by name and by waiter.
struct WaitQueues {
  private var queues: [StoreKey: WaitQueue] = [:]
  private var names: [UInt64: StoreKey] = [:]

  /// Adds a waiter at the end of a queue.
  ///
  /// - Returns: the queue if it is new, and needs a subscription.
  mutating func join(_ name: StoreKey, _ waiter: WaiterState, id: UInt64) -> WaitQueue? {
    names[id] = name
    if let queue = queues[name], !queue.isBroken {
      queue.join(waiter, id: id)
      return nil
    }
    let queue = WaitQueue()
    queues[name] = queue
    queue.join(waiter, id: id)
    return queue
  }

  /// Removes a waiter.
  ///
  /// - Returns: the queue if that was its last one, and its subscription has to end.
  mutating func leave(_ id: UInt64) -> WaitQueue? {
    guard let name = names.removeValue(forKey: id), let queue = queues[name] else { return nil }
    queue.leave(id)
    guard queue.isEmpty else { return nil }
    queues[name] = nil
    return queue
  }
}

/// Calls of one event loop that wait for the same thing. Only the first is woken; when it leaves, it is
/// the next one's turn. The queue stays subscribed as long as it has a waiter, so that nothing is missed
/// in between.
final class WaitQueue: BusListener {
  /// The queue's subscription; nil until it has one.
  var subscription: UInt64?

  private var waiters: [(id: UInt64, state: WaiterState)] = []
  private var isSubscribed = false
  /// Whether it has lost its subscription; the next waiter starts a new queue.
  private(set) var isBroken = false

  var isEmpty: Bool { waiters.isEmpty }

  /// Adds a waiter at the end.
  func join(_ waiter: WaiterState, id: UInt64) {
    waiters.append((id, waiter))
    guard isSubscribed else { return }
    waiter.subscribed()
    if waiters.count == 1 { waiter.missed() }
  }

  /// Removes a waiter.
  func leave(_ id: UInt64) {
    guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
    waiters.remove(at: index)
    // The first may have left without acting on its last wake-up.
    if index == 0, isSubscribed { waiters.first?.state.missed() }
  }

  func subscribed() {
    isSubscribed = true
    for waiter in waiters { waiter.state.subscribed() }
    waiters.first?.state.missed()
  }

  func received(_ message: ByteBuffer, on name: ByteBuffer) {
    waiters.first?.state.received(message, on: name)
  }

  func interrupted(by cause: BusInterruption) { waiters.first?.state.missed() }

  func failed(with error: RPCError) {
    isSubscribed = false
    isBroken = true
    for waiter in waiters { waiter.state.failed(with: error) }
  }
}
