package import CloakroomCore
package import CloakroomRedis
package import NIOCore

/// Reads what there is of a record in the form that it had up to version 0.1, a hash of Redis. A store in
/// memory has none.
package struct ReadFields: StoreStep {
  /// What was read.
  package struct Reply: Sendable, Equatable {
    /// The hash; nil where there is none.
    package var record: EarlierRecord?
    /// Whether there is a text, which it has become since somebody saw a hash.
    package var isText = false
    /// What to expect of it in a commit (`RecordCommit.Expected.fields`).
    package var digest = ""
    /// When it was read, in milliseconds since 1970 by the store's clock.
    package var atMs: Int64 = 0
  }

  package let name: StoreKey

  package init(_ name: StoreKey) { self.name = name }

  package func perform(in store: MemoryStore) throws(RPCError) -> Reply {
    Reply(atMs: store.timeMs)
  }

  package var keys: [StoreKey] { [name] }

  /// → {fields and values…, ms that are left of its life (-1 for ever, -3 of a text), the time (ms)}
  package static let redis = RedisForm.script(
    .read,
    """
    local key, clock = KEYS[1], redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    if redis.call('TYPE', key).ok == 'string' then return {-3, now} end
    local reply = redis.call('HGETALL', key)
    reply[#reply + 1] = redis.call('PTTL', key)
    reply[#reply + 1] = now
    return reply
    """)

  package static func read(_ reply: borrowing RESPReply) -> Reply? {
    var reader = RESPReplyReader(reply)
    guard let count = reader.array(), count >= 2, count % 2 == 0 else { return nil }
    var record = EarlierRecord()
    var text = ByteBuffer()
    for _ in 0..<count / 2 - 1 {
      guard let name = reader.slice(), let value = reader.slice() else { return nil }
      if text.readableBytes > 0 { text.writeStaticString("\n") }
      text.writeImmutableBuffer(name)
      text.writeStaticString("\n")
      text.writeImmutableBuffer(value)
      record.fields[String(buffer: name)] = value
    }
    guard let left = reader.integer(), let now = reader.integer() else { return nil }
    if left >= 0 { record.keptUntilMs = now &+ left }
    return Reply(
      record: record.fields.isEmpty ? nil : record, isText: left == -3, digest: ETag.of(text),
      atMs: now)
  }
}

/// A record as sidecars up to version 0.1 have written it: a hash of Redis.
package struct EarlierRecord: Sendable, Equatable {
  /// Its fields.
  package var fields: [String: ByteBuffer] = [:]
  /// When Redis forgets it, in milliseconds since 1970; nil is never.
  package var keptUntilMs: Int64?
}
