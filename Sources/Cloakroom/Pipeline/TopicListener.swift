internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// Listens to one topic of the bus on a worker's loop.
protocol TopicListener: AnyObject {
  /// From now on everything that is published on the topic arrives.
  func subscribed()
  /// A message has arrived.
  func received(_ message: ByteBuffer, on name: ByteBuffer)
  /// Messages may be missing.
  func interrupted(by cause: BusInterruption)
  /// There is no subscription.
  func failed(with error: RPCError)
}
