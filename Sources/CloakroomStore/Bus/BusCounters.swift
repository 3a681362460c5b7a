/// What has happened on one loop's way to a bus.
public struct BusCounters: Sendable, Equatable {
  /// The subscriptions that there are.
  public var subscriptions = 0
  /// Messages that were dropped because too many waited for the loop.
  public var dropped: UInt64 = 0

  /// Nothing has happened.
  public init() {}

  init(subscriptions: Int, dropped: UInt64) {
    self.subscriptions = subscriptions
    self.dropped = dropped
  }
}
