internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import DequeModule
internal import NIOCore

/// The wait queues of one event loop, by name and by waiter.
struct WaitQueues {
  private var queues: [StoreKey: WaitQueue] = [:]
  private var members: [UInt64: WaitQueue] = [:]

  /// Adds a waiter at the end of a queue.
  ///
  /// - Returns: the queue if it is new, and needs a subscription.
  mutating func join(_ place: WaiterQueue, _ waiter: WaiterState, id: UInt64) -> WaitQueue? {
    if let queue = queues[place.name], !queue.isBroken {
      members[id] = queue
      queue.join(waiter, id: id)
      return nil
    }
    let queue = WaitQueue(place)
    queues[place.name] = queue
    members[id] = queue
    queue.join(waiter, id: id)
    return queue
  }

  /// Removes a waiter.
  ///
  /// - Returns: the queue if that was its last one, and its subscription has to end.
  mutating func leave(_ id: UInt64) -> WaitQueue? {
    guard let queue = members.removeValue(forKey: id) else { return nil }
    queue.leave(id)
    guard queue.isEmpty else { return nil }
    if queues[queue.place.name] === queue { queues[queue.place.name] = nil }
    return queue.isBroken ? nil : queue
  }

  /// Whether no other is before a waiter, or its queue has no order any more.
  func isFirst(_ id: UInt64) -> Bool { members[id]?.isFirst(id) ?? true }
}

/// Calls of one event loop that wait for the same thing, in their order. When the first leaves, it is the next
/// one's turn. The queue stays subscribed as long as it has a waiter, so that nothing is missed in between.
final class WaitQueue: BusListener {
  /// Its name, and whom a message wakes.
  let place: WaiterQueue
  /// The queue's subscription; nil until it has one.
  var subscription: UInt64?

  private var waiters: Deque<(id: UInt64, state: WaiterState)> = []
  private var isSubscribed = false
  /// Whether it has lost its subscription; the next waiter starts a new queue, and those in it look each for
  /// themselves.
  private(set) var isBroken = false

  init(_ place: WaiterQueue) { self.place = place }

  var isEmpty: Bool { waiters.isEmpty }

  /// Whether no other is before a waiter.
  func isFirst(_ id: UInt64) -> Bool { isBroken || waiters.first?.id == id }

  /// Adds a waiter at the end.
  func join(_ waiter: WaiterState, id: UInt64) {
    waiters.append((id, waiter))
    guard isSubscribed else { return }
    waiter.subscribed()
    if waiters.count == 1 { begin() }
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
    begin()
  }

  /// Where all are woken, each looks once for itself when it has joined.
  private func begin() {
    if place.reach == .first { waiters.first?.state.missed() }
  }

  func received(_ message: ByteBuffer, on name: ByteBuffer) {
    wake { $0.received(message, on: name) }
  }

  func interrupted(by cause: BusInterruption) { wake { $0.missed() } }

  func failed(with error: RPCError) {
    isSubscribed = false
    isBroken = true
    for waiter in waiters { waiter.state.failed(with: error) }
  }

  private func wake(_ body: (WaiterState) -> Void) {
    switch place.reach {
    case .first: if let first = waiters.first { body(first.state) }
    case .all: for waiter in waiters { body(waiter.state) }
    }
  }
}
