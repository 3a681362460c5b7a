/// Whoever gets the replies that come over a link.
public protocol RedisLinkDelegate: AnyObject {
  /// Redis has answered a command; the reply is reused as soon as this returns.
  func received(_ reply: borrowing RESPReply, for context: UInt64)
  /// A command will get no reply.
  func failed(_ failure: RedisFailure, for context: UInt64)
  /// All replies that were there have been handed over: the moment to flush what they led to.
  func finishedBurst()
}
