/// What is known of the store when metrics are written.
public struct StoreGauges: Sendable, Equatable {
  /// Whether the store can be reached; the store in memory always can.
  public var isUp: Bool
  /// Bytes that the store in memory holds; nil when the store is elsewhere.
  public var memoryBytes: Int?
  /// Entries that the store in memory holds; nil when the store is elsewhere.
  public var memoryEntries: Int?

  /// Describes a store.
  public init(isUp: Bool, memoryBytes: Int? = nil, memoryEntries: Int? = nil) {
    self.isUp = isUp
    self.memoryBytes = memoryBytes
    self.memoryEntries = memoryEntries
  }
}
