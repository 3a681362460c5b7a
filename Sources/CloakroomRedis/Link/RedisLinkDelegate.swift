/// Takes the replies that arrive over a link.
public protocol RedisLinkDelegate: AnyObject {
  /// Redis has greeted back, and may be another one than before; nothing has been sent to it yet.
  ///
  /// - Parameter facts: what the server has said of itself.
  func connected(_ facts: RedisFacts)
  /// Redis has answered commands: the moment to take all of the answers.
  func received(_ answers: borrowing RedisAnswers)
  /// A command will get no reply.
  func failed(_ failure: RedisFailure, for context: UInt64)
  /// Redis has become a replica, and is given up for whatever its address leads to now.
  func becameReadOnly()
  /// All replies that were there have been handed over: the moment to flush what they led to.
  func finishedBurst()
}

/// Why a command got no reply from Redis.
public enum RedisFailure: Error, Sendable, Equatable {
  /// Nothing was done: the link is down, or the connection was lost under a command that changes
  /// nothing. The text says why, for people.
  case unavailable(String)
  /// Nothing was done: Redis takes no writes (READONLY), and connecting anew led to no other one.
  case readOnly
  /// It was sent and may have run.
  case outcomeUnknown
  /// Too much waits for replies already.
  case full
}
