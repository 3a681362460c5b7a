package import CloakroomCore
package import CloakroomRedis

/// Reads counts of one flow, those of several names added up.
package struct ReadCounts: StoreStep {
  /// How many names a step reads at most, so that others don't wait long behind it.
  package static let mostNames = 24

  /// The names: one at least, all of one flow.
  package let names: [StoreKey]

  package var weight: Int { names.count }

  package init(_ names: [StoreKey]) { self.names = names }

  package func perform(in store: MemoryStore) throws(RPCError) -> [String: Int64] {
    store.counts.sums(of: names)
  }

  package var keys: [StoreKey] { names }

  /// → {{field, number…}…}. What is no number is nobody's count, and is left out.
  package static let redis = RedisForm.script(
    .read,
    """
    local reply = {}
    for place = 1, #KEYS do reply[place] = redis.call('HGETALL', KEYS[place]) end
    return reply
    """)

  package static func read(_ reply: borrowing RESPReply) -> [String: Int64]? {
    var reader = RESPReplyReader(reply)
    guard let count = reader.array(), count > 0 else { return nil }
    var sums: [String: Int64] = [:]
    for _ in 0..<count {
      guard let fields = reader.array(), fields % 2 == 0 else { return nil }
      for _ in 0..<fields / 2 {
        guard let name = reader.text(), let number = reader.text() else { return nil }
        guard let number = Int64(number) else { continue }
        sums[name, default: 0] &+= number
      }
    }
    return sums
  }

  package static func byteCount(of reply: [String: Int64]) -> Int {
    reply.reduce(0) { $0 + 64 + $1.key.utf8.count }
  }
}
