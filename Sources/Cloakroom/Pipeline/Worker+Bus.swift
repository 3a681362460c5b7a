internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// What the worker's loop hears on the bus goes to whoever listens to that topic.
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
    repeat { lastListener &+= 1 } while listeners[lastListener] != nil || lines.has(lastListener)
    return lastListener
  }

  /// Begins to listen as the last one of a line.
  ///
  /// - Returns: what the place in the line is given up by.
  func lineUp(for topic: Topic, in name: StoreKey, _ bell: BellState) -> UInt32 {
    let id = freeListenerID()
    if let line = lines.join(name, bell, id: id) { line.subscription = listen(to: topic, line) }
    return id
  }

  /// Stops listening.
  func stopListening(_ id: UInt32) {
    if let line = lines.leave(id), let subscription = line.subscription {
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
