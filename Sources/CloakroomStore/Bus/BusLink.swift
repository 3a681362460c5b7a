public import CloakroomCore
public import NIOCore

/// One event loop's way to the messages that all sidecars of one store pass each other.
///
/// Bound to its loop: it is made, called and let go there. A message is passed to those that listen
/// at that moment and is kept nowhere.
public protocol BusLink: AnyObject {
  /// What has happened on the way so far.
  var counters: BusCounters { get }
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

/// Why messages may be missing.
public enum BusInterruption: Sendable, Hashable {
  /// The way was lost, and is there again.
  case lost
  /// More came than could wait for the loop.
  case overflow
}

/// Listens to the bus on one event loop. Everything is told on that loop, and never before
/// the call that asked for it has returned.
public protocol BusListener: AnyObject {
  /// From now on everything that is published on the subscription's topic arrives.
  func subscribed(_ id: UInt32)
  /// A message has arrived.
  func received(_ message: ByteBuffer, on name: ByteBuffer, id: UInt32)
  /// Messages may be missing from here on, up to the next one.
  func interrupted(_ id: UInt32, by cause: BusInterruption)
  /// The subscription could not be made, and there is none.
  func failed(_ id: UInt32, with error: RPCError)
  /// All that had arrived together has been told: the moment to flush what it led to.
  func finishedBurst()
}
