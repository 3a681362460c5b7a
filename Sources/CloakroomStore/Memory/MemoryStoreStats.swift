/// What the store in memory holds and has done, added up over its shards one after the other.
public struct MemoryStoreStats: Sendable, Equatable {
  /// The bytes that all entries are charged for: keys, values and the overhead of each.
  public let bytes: Int
  /// The number of entries, each stream counted as one, expired ones included that have
  /// not been swept yet.
  public let entries: Int
  /// How many deadlines are queued; at most twice the entries and a constant for each shard.
  public let deadlines: Int
  /// How many entries were removed because they had expired, since the store was made.
  public let expired: UInt64
  /// How many writes found no room, since the store was made.
  public let refused: UInt64
}
