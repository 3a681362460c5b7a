internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// Hands messages of the bus on to the listeners of their topics.
extension Worker: BusListener {
  /// Begins to listen; the listener is told when it does.
  ///
  /// - Returns: what the subscription is ended by.
  func listen(to topic: Topic, _ listener: any TopicListener) -> UInt32 {
    let id = freeListenerID()
    listeners[id] = listener
    bus.subscribe(topic, id: id)
    return id
  }

  private func freeListenerID() -> UInt32 {
    repeat {
      lastListener &+= 1
    } while listeners[lastListener] != nil || waitQueues.has(lastListener)
    return lastListener
  }

  /// Adds a waiter to a queue, which listens to the topic.
  ///
  /// - Returns: what the place in the queue is given up by.
  func enqueue(_ waiter: WaiterState, on topic: Topic, in name: StoreKey) -> UInt32 {
    let id = freeListenerID()
    if let queue = waitQueues.join(name, waiter, id: id) {
      queue.subscription = listen(to: topic, queue)
    }
    return id
  }

  /// Stops listening.
  func stopListening(_ id: UInt32) {
    if let queue = waitQueues.leave(id), let subscription = queue.subscription {
      return stopListening(subscription)
    }
    guard listeners.removeValue(forKey: id) != nil else { return }
    bus.unsubscribe(id: id)
  }

  func subscribed(_ id: UInt32) { listeners[id]?.subscribed() }

  func received(_ message: ByteBuffer, on name: ByteBuffer, id: UInt32) {
    listeners[id]?.received(message, on: name)
  }

  func interrupted(_ id: UInt32, by cause: BusInterruption) {
    listeners[id]?.interrupted(by: cause)
  }

  func failed(_ id: UInt32, with error: RPCError) {
    listeners.removeValue(forKey: id)?.failed(with: error)
  }
}
