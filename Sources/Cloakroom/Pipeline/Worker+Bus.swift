internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// What the worker's loop hears on the bus goes to whoever listens to that topic.
extension Worker: BusListener {
  /// Begins to listen; the listener is told when it does.
  ///
  /// - Returns: what the subscription is ended by.
  func listen(to topic: Topic, _ listener: any TopicListener) -> UInt32 {
    repeat { lastListener &+= 1 } while listeners[lastListener] != nil
    listeners[lastListener] = listener
    bus.subscribe(topic, id: lastListener)
    return lastListener
  }

  /// Stops listening.
  func stopListening(_ id: UInt32) {
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
