@testable import CloakroomRedis

/// Counts what a connection tells.
final class ConnectionNotes: RedisConnectionOwner {
  private(set) var count = 0

  func connectionIsReady(isFenced: Bool, identity: RedisGreeting.Identity, facts: RedisFacts) {
    count += 1
  }
  func connectionIsWritable() { count += 1 }
  func receivedReplies(on connection: RedisConnection) {
    while connection.next() { count += 1 }
  }
  func finishedBurst() { count += 1 }
  func connectionLost(_ cause: LossCause, _ reason: String) { count += 1 }
}
