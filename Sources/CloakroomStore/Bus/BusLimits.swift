/// How much of a store's message bus is taken at most.
public struct BusLimits: Sendable, Equatable {
  /// Subscriptions of all loops together. Past it, a subscription is refused with OVERLOADED.
  public var subscriptions = 100_000
  /// Messages that wait for one loop. Past it, messages are dropped, and the subscriptions that they
  /// were for are told so (`interrupted`).
  public var waitingMessages = 65_536
  /// The same in bytes.
  public var waitingBytes = 64 << 20
  /// The longest message that Redis may hand over, in bytes. A longer one is missing, and so may be
  /// others: the connection is made anew.
  public var messageBytes = 16 << 20

  /// The defaults.
  public init() {}
}
