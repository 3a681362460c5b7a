/// One event loop's way to the store in memory: no way at all, the reply is there when `submit`
/// returns.
public final class MemoryStoreLink: StoreLink {
  /// Always nil: the store in memory can always be reached.
  public var downReason: String? { nil }
  /// Nothing is sent: whatever is submitted is done at once.
  public var sendings: UInt64 { 0 }
  /// The store's time.
  public var timeMs: Int64 { store.timeMs }
  /// Always zero.
  public var counters: StoreLinkCounters { StoreLinkCounters() }

  private let store: MemoryStore
  private var sink: (any StoreSink)?

  /// A link to a store that all loops share.
  public init(store: MemoryStore) { self.store = store }

  /// Hands all replies to a sink from now on.
  public func start(sink: any StoreSink) { self.sink = sink }

  /// Lets go of the sink.
  public func close() { sink = nil }

  /// Does a command and completes its ticket before it returns.
  public func submit(_ command: consuming StoreCommand, ticket: StoreTicket) {
    sink?.complete(ticket, with: store.perform(command))
  }

  /// Always false: what was submitted was done at once.
  public func withdraw(_ ticket: StoreTicket, since sendings: UInt64) -> Bool { false }
}
