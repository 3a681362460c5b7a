internal import CloakroomStore

/// The wait queues of one event loop, by name and by waiter.
struct WaitQueues {
  private var queues: [StoreKey: WaitQueue] = [:]
  private var names: [UInt32: StoreKey] = [:]

  /// Whether a waiter has that number.
  func has(_ id: UInt32) -> Bool { names[id] != nil }

  /// Adds a waiter at the end of a queue.
  ///
  /// - Returns: the queue if it is new, and needs a subscription.
  mutating func join(_ name: StoreKey, _ waiter: WaiterState, id: UInt32) -> WaitQueue? {
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
  mutating func leave(_ id: UInt32) -> WaitQueue? {
    guard let name = names.removeValue(forKey: id), let queue = queues[name] else { return nil }
    queue.leave(id)
    guard queue.isEmpty else { return nil }
    queues[name] = nil
    return queue
  }
}
