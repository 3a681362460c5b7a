public import NIOCore

/// Takes what a subscriber receives, on the subscriber's loop.
public protocol RedisSubscriberDelegate: AnyObject {
  /// Redis has confirmed a topic: from now on all its messages come. Told again after each outage.
  func confirmed(_ topic: RedisTopic)
  /// Redis refuses a topic, with this code, or the subscriber is closed; it is not wanted any more.
  func refused(_ topic: RedisTopic, code: String)
  /// A message has arrived.
  func received(_ message: ByteBuffer, on name: ByteBuffer, through topic: RedisTopic)
  /// The connection was lost: no message arrives until its topic is confirmed again.
  func lost(_ cause: LossCause)
  /// No connection comes about; it is tried again and again. Told after each try.
  func down(_ reason: String)
  /// There is a connection; the topics are about to be confirmed.
  func connected()
  /// All that had come together has been told.
  func finishedBurst()
}
