public import CloakroomCore
public import NIOCore

/// One event loop's way to the messages that all sidecars of one store pass each other.
///
/// Bound to its loop: it is made, called and let go there. A message is passed to those that listen
/// at that moment and is kept nowhere.
public protocol BusLink: AnyObject {
  /// Hands all that is heard to a listener from now on.
  func start(listener: any BusListener)
  /// Stops listening.
  func close()
  /// Begins to listen; the listener is told when it does.
  ///
  /// - Parameter id: what the listener will know the subscription by; not in use for another.
  func subscribe(_ topic: Topic, id: UInt32)
  /// Ends a subscription; nothing more is told of it.
  func unsubscribe(id: UInt32)
}

/// Whoever listens to the bus on one event loop. Everything is told on that loop, and never before
/// the call that asked for it has returned.
public protocol BusListener: AnyObject {
  /// From now on everything that is published on the subscription's topic arrives.
  func subscribed(_ id: UInt32)
  /// A message has arrived.
  func received(_ message: ByteBuffer, on name: ByteBuffer, id: UInt32)
  /// The way was lost and is there again: messages in between may be missing.
  func interrupted(_ id: UInt32)
  /// The subscription could not be made, and there is none.
  func failed(_ id: UInt32, with error: RPCError)
  /// All that had arrived together has been told: the moment to flush what it led to.
  func finishedBurst()
}
