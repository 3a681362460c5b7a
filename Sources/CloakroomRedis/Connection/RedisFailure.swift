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
