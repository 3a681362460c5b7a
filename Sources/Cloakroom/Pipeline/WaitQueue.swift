internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// Calls of one event loop that wait for the same thing. Only the first is woken; when it leaves, it is
/// the next one's turn. The queue stays subscribed as long as it has a waiter, so that nothing is missed
/// in between.
final class WaitQueue: TopicListener {
  /// The queue's subscription; nil until it has one.
  var subscription: UInt32?

  private var waiters: [(id: UInt32, state: WaiterState)] = []
  private var isSubscribed = false
  /// Whether it has lost its subscription; the next waiter starts a new queue.
  private(set) var isBroken = false

  var isEmpty: Bool { waiters.isEmpty }

  /// Adds a waiter at the end.
  func join(_ waiter: WaiterState, id: UInt32) {
    waiters.append((id, waiter))
    guard isSubscribed else { return }
    waiter.subscribed()
    if waiters.count == 1 { waiter.missed() }
  }

  /// Removes a waiter.
  func leave(_ id: UInt32) {
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
