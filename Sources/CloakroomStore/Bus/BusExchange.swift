/// What all loops of one bus have in common: it knows which loop wants which topics.
///
/// Called from any thread.
protocol BusExchange: Sendable {
  /// A loop is there, and hears of outages from now on.
  func attach(_ mailbox: BusMailbox)
  /// A loop is gone, after all its topics.
  func detach(_ mailbox: BusMailbox)
  /// A loop wants a topic; it is told by `opened` or `refused` with the token.
  func open(_ topic: Topic, token: UInt64, for mailbox: BusMailbox)
  /// A loop wants it no more.
  func close(_ topic: Topic, token: UInt64, for mailbox: BusMailbox)
}
