package import CloakroomCore
package import CloakroomRedis

/// Takes names out of an index. → how many were in it
package struct UnindexNames: StoreStep {
  package let index: StoreKey
  /// One at least.
  package let names: [String]

  package init(_ index: StoreKey, _ names: [String]) {
    self.index = index
    self.names = names
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> Int64 {
    Int64(store.indexes.remove(names.map { ByteString($0) }, from: index))
  }

  package static let redis = RedisForm.command("ZREM", .idempotentWrite)
  package var keys: [StoreKey] { [index] }
  package var arguments: [RedisArgument] { names.map { .text($0) } }

  package static func read(_ reply: borrowing RESPReply) -> Int64? {
    var reader = RESPReplyReader(reply)
    return reader.integer()
  }

  package static func hasEffect(_ reply: Int64) -> Bool { reply > 0 }
}
