/// Whoever gets the replies that come over a link.
public protocol RedisLinkDelegate: AnyObject {
  /// Redis has answered commands: the moment to take all of the answers.
  func received(_ answers: borrowing RedisAnswers)
  /// A command will get no reply.
  func failed(_ failure: RedisFailure, for context: UInt64)
  /// All replies that were there have been handed over: the moment to flush what they led to.
  func finishedBurst()
}
