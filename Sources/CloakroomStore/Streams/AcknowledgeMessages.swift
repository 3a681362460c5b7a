package import CloakroomCore
package import CloakroomRedis

/// Takes messages off those that a group has in hand. → how many it had; none without such a group or
/// stream
package struct AcknowledgeMessages: StoreStep {
  package let key: StoreKey
  package let group: String
  /// One at least.
  package let ids: [StreamID]

  package init(_ key: StoreKey, group: String, _ ids: [StreamID]) {
    self.key = key
    self.group = group
    self.ids = ids
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> Int64 {
    try store.withStreams { streams in streams.change(key) { $0.acknowledge(ids, of: group) } ?? 0 }
  }

  package static let redis = RedisForm.command("XACK", .write)
  package var keys: [StoreKey] { [key] }
  package var arguments: [RedisArgument] { [.text(group)] + ids.map { .text($0.text) } }

  package static func read(_ reply: borrowing RESPReply) -> Int64? {
    var reader = RESPReplyReader(reply)
    return reader.integer()
  }
}

/// Counts a stream's messages. → none without such a stream
package struct CountMessages: StoreStep {
  package let key: StoreKey

  package init(_ key: StoreKey) { self.key = key }

  package func perform(in store: MemoryStore) throws(RPCError) -> Int64 {
    try store.withStreams { streams in streams.change(key) { Int64($0.count) } ?? 0 }
  }

  package static let redis = RedisForm.command("XLEN", .read)
  package var keys: [StoreKey] { [key] }

  package static func read(_ reply: borrowing RESPReply) -> Int64? {
    var reader = RESPReplyReader(reply)
    return reader.integer()
  }
}
