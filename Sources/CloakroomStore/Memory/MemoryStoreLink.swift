/// One event loop's way to the store in memory: no way at all, the reply is there when `submit`
/// returns.
public final class MemoryStoreLink: StoreLink {
  private let store: MemoryStore
  // Whoever waits for replies owns its link, so that a strong reference would keep both for ever;
  // and it is there whenever the link is called, because it is the one who calls.
  private unowned let sink: any StoreSink

  /// Makes a link to a store that all loops share.
  ///
  /// - Parameter sink: who waits for the replies; must outlive the link.
  public init(store: MemoryStore, sink: any StoreSink) {
    self.store = store
    self.sink = sink
  }

  /// Does a command and completes its ticket before it returns.
  public func submit(_ command: consuming StoreCommand, ticket: StoreTicket) {
    sink.complete(ticket, with: store.perform(command))
  }
}
