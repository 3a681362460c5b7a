/// Takes the replies that arrive over a link.
public protocol RedisLinkDelegate: AnyObject {
  /// Redis has answered commands: the moment to take all of the answers.
  func received(_ answers: borrowing RedisAnswers)
  /// A command will get no reply.
  func failed(_ failure: RedisFailure, for context: UInt64)
  /// Redis has become a replica, and is given up for whatever its address leads to now.
  func becameReadOnly()
  /// All replies that were there have been handed over: the moment to flush what they led to.
  func finishedBurst()
}
