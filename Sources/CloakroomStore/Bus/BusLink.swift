public import CloakroomCore
public import NIOCore

/// One event loop's way to the messages that all sidecars of one store pass each other.
///
/// Bound to its loop: it is made, called and let go there. A message is passed to those that listen
/// at that moment and is kept nowhere.
public protocol BusLink: AnyObject {
  /// What has happened on the way so far.
  var counters: BusCounters { get }
  /// Opens the way.
  ///
  /// - Parameters:
  ///   - later: does something in another turn of the loop, when that has looked at its sockets: what there is no
  ///     time for in one turn is told then.
  ///   - told: called when something has been told, with whether that was all: the moment to flush what it led to.
  func start(later: @escaping (@escaping () -> Void) -> Void, told: @escaping (Bool) -> Void)
  /// Stops listening.
  func close()
  /// Begins to listen; the listener is told when it does.
  ///
  /// - Parameter id: what the subscription is ended by; not in use for another.
  func subscribe(_ topic: Topic, id: UInt64, listener: any BusListener)
  /// Ends a subscription; nothing more is told of it.
  func unsubscribe(id: UInt64)
}

/// Why messages may be missing.
public enum BusInterruption: Sendable, Hashable {
  /// The way was lost, and is there again.
  case lost
  /// More came than could wait for the loop.
  case overflow
}

/// Listens to one topic of the bus. Everything is told on the link's loop, and never before the call
/// that asked for it has returned.
public protocol BusListener: AnyObject {
  /// From now on everything that is published on the topic arrives.
  func subscribed()
  /// A message has arrived.
  func received(_ message: ByteBuffer, on name: ByteBuffer)
  /// Messages may be missing from here on, up to the next one.
  func interrupted(by cause: BusInterruption)
  /// The subscription could not be made, and there is none.
  func failed(with error: RPCError)
}
