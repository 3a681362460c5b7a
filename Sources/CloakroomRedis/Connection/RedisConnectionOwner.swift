/// Whoever uses one connection to Redis. Told on the connection's loop.
protocol RedisConnectionOwner: AnyObject {
  /// Redis has greeted back: commands can be sent.
  ///
  /// - Parameters:
  ///   - isFenced: whether nothing that an earlier connection has sent can run any more.
  ///   - identity: which connection of which server it is.
  func connectionIsReady(isFenced: Bool, identity: RedisGreeting.Identity)
  /// What was sent has left room for more.
  func connectionIsWritable()
  /// Redis has sent something; it is reused as soon as this returns.
  func received(_ reply: borrowing RESPReply)
  /// All that there was to read has been handed over.
  func finishedBurst()
  /// The connection did not come about, or is of no use any more; told once, and nothing after it.
  func connectionLost(_ cause: LossCause, _ reason: String)
}
