package import CloakroomCore
package import CloakroomRedis
package import NIOCore

/// Reads what there is of a record in the form that it had up to version 0.1, a hash of Redis. A store in
/// memory has none.
package struct ReadFields: StoreStep {
  /// A hash.
  package struct Reply: Sendable, Equatable {
    /// Its fields; none where there is no hash.
    package var fields: [String: ByteBuffer] = [:]
    /// What to expect of it in a commit (`RecordCommit.Expected.fields`).
    package var digest = ""
  }

  package let name: StoreKey

  package init(_ name: StoreKey) { self.name = name }

  package func perform(in store: MemoryStore) throws(RPCError) -> Reply { Reply() }

  package static let redis = RedisForm.command("HGETALL", .read)
  package var keys: [StoreKey] { [name] }

  package static func read(_ reply: borrowing RESPReply) -> Reply? {
    var reader = RESPReplyReader(reply)
    guard let count = reader.array(), count % 2 == 0 else { return nil }
    var fields: [String: ByteBuffer] = [:]
    var text = ByteBuffer()
    for _ in 0..<count / 2 {
      guard let name = reader.slice(), let value = reader.slice() else { return nil }
      if text.readableBytes > 0 { text.writeStaticString("\n") }
      text.writeImmutableBuffer(name)
      text.writeStaticString("\n")
      text.writeImmutableBuffer(value)
      fields[String(buffer: name)] = value
    }
    return Reply(fields: fields, digest: ETag.of(text))
  }
}
