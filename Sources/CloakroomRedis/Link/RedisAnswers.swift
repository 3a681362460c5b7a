/// The replies of one burst, each with the context of the command that it answers.
///
/// Taken one after the other, until there is none.
public struct RedisAnswers {
  /// The reply that `next` has found; the next one takes its place.
  public let reply: RESPReply
  private let link: RedisLink
  private let connection: RedisConnection

  init(to link: RedisLink, on connection: RedisConnection) {
    self.link = link
    self.connection = connection
    reply = connection.reply
  }

  /// Whether the command that `next` has found the reply to was sent twice: its connection was lost, and it
  /// may have run before.
  public var wasResent: Bool { link.wasAnsweredAgain }

  /// Finds the next reply that somebody waits for.
  ///
  /// - Returns: its command's context; nil when no more have arrived.
  public func next() -> UInt64? { link.nextAnswer(on: connection) }
}
