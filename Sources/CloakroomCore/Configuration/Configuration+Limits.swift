extension Configuration {
  /// How much of everything is taken at most. Each limit has a counter of how often it bit.
  public struct Limits: Sendable, Equatable {
    /// The longest request, a batch included, in bytes. Past it: TOO_LARGE.
    public var frameBytes = 4 << 20
    /// Calls of one connection that are under way at once. Past it, the connection is not read
    /// until one has ended: backpressure, not an error.
    public var inFlightPerConnection = 1024
    /// Requests in one batch. Past it: TOO_LARGE.
    public var batchLength = 1000
    /// Connections open at once, over all loops. Past it, a new one is closed at once.
    public var connections = 10_240
    /// How long a connection may say nothing and have nothing under way; nil is for ever.
    public var idleTimeout: Duration?
    /// Replies held for a peer that doesn't read them, per connection, in bytes. Past it, that
    /// connection is closed. A reply that would have more is TOO_LARGE instead.
    public var unreadReplyBytes = 16 << 20
    /// How deep JSON may be nested. Past it: TOO_LARGE.
    public var depth = 128
    /// The longest key that a caller may name, in bytes of UTF-8. Past it: TOO_LARGE.
    public var keyBytes = 1024
    /// How large the data of a record may become, as those of a pending operation, in bytes; about 300 more
    /// are kept with them. Past it: TOO_LARGE.
    public var recordBytes = 8 << 20
    /// Commands to the store that are under way at once, per loop. Past it: OVERLOADED.
    public var pendingCommands = 65_536
    /// Calls that wait for one claim at once, in all sidecars of the store. Past it: OVERLOADED.
    public var claimWaiters = 1000
    /// Subscriptions to messages, of all connections and waiting calls together. Past it: OVERLOADED.
    public var subscriptions = 100_000
    /// Subscriptions to events of one connection. Past it: OVERLOADED.
    public var subscriptionsPerConnection = 1024
    /// The patterns of one connection's subscriptions, in bytes: a publication may have to be held against
    /// each of them. Past it: OVERLOADED.
    public var patternBytesPerConnection = 64 << 10
    /// Events that wait for a client that reads slower than they come, for each subscription. Past
    /// it, events are dropped, and the client is told so (`events.gap`).
    public var waitingEvents = 10_000
    /// The same in bytes. Those of all subscriptions of a connection have no more than `unreadReplyBytes`.
    public var waitingEventBytes = 1 << 20
    /// The longest token that is made or taken, in bytes. Past it: TOO_LARGE, or TOKEN_INVALID.
    public var tokenBytes = 64 << 10
    /// Pieces of work that wait for a thread at once, as they would hold up an event loop: large values under schemas
    /// and patches, slow signatures. Past it: OVERLOADED for who has most of them waiting.
    public var waitingWork = 1000
    /// What the memory store holds at most, in bytes of keys and values. Past it: STORE_REFUSED.
    public var memoryBytes = 256 << 20
    /// What all clients together may have the sidecar hold beside that, in bytes: requests that are half read, calls
    /// under way, replies that nobody reads, subscriptions and their events. Past it, who holds more than its share
    /// is refused with OVERLOADED, or its largest connection closed.
    public var clientMemory = 256 << 20

    /// The defaults.
    public init() {}
  }
}
