/// Uses one connection to Redis; called on the connection's loop.
protocol RedisConnectionOwner: AnyObject {
  /// Redis has greeted back: commands can be sent.
  ///
  /// - Parameters:
  ///   - isFenced: whether nothing that an earlier connection has sent can run any more.
  ///   - identity: which connection of which server it is.
  func connectionIsReady(isFenced: Bool, identity: RedisGreeting.Identity)
  /// What was sent has left room for more.
  func connectionIsWritable()
  /// Redis has sent something: the moment to take all replies that there are by the connection's `next`.
  /// A whole burst is handed over at once so that its owner is counted once, not for each reply.
  func receivedReplies(on connection: RedisConnection)
  /// All that there was to read has been handed over.
  func finishedBurst()
  /// The connection did not come about, or is of no use any more; told once, and nothing after it.
  func connectionLost(_ cause: LossCause, _ reason: String)
}
