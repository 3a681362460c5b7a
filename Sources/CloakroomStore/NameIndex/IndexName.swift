package import CloakroomCore
package import CloakroomRedis

/// Writes a name into an index, or gives one that is there another score.
///
/// An index lives as long as the longest of its entries asks for, and no entry makes its life shorter.
package struct IndexName: StoreStep {
  /// The index's name in the store.
  package let index: StoreKey
  package let entry: IndexedName
  /// Until when the index lives at least, in milliseconds since 1970 by the store's clock.
  package let keepUntilMs: Int64

  package init(_ index: StoreKey, _ entry: IndexedName, keepUntilMs: Int64) {
    self.index = index
    self.entry = entry
    self.keepUntilMs = keepUntilMs
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> Done {
    try store.findingRoom { () throws(MemoryBudget.Exhausted) in
      try store.indexes.add(entry, to: index, keepUntilMs: keepUntilMs)
    }
    return Done()
  }

  package var keys: [StoreKey] { [index] }

  package var arguments: [RedisArgument] {
    [.number(entry.score), .text(entry.name.text), .number(keepUntilMs)]
  }

  /// ARGV: score, name, until when the index lives at least (ms).
  package static let redis = RedisForm.script(
    .idempotentWrite,
    """
    local isLonger = redis.call('PEXPIRETIME', KEYS[1]) < tonumber(ARGV[3])
    if isLonger then
      \(RedisScripts.need("'PEXPIREAT', KEYS[1], '0'"))
    end
    redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
    if isLonger then redis.call('PEXPIREAT', KEYS[1], ARGV[3]) end
    return 1
    """)

  package static func read(_ reply: borrowing RESPReply) -> Done? {
    reply.first.kind == .integer ? Done() : nil
  }
}
