package import CloakroomCore
package import CloakroomRedis
package import NIOCore

/// Publishes a message on the store's bus, in one step with looking whether it was made by the
/// definition that is kept under the same name: a value that begins with its own digest, whose life
/// begins anew.
package struct PublishDefined: StoreStep {
  /// The result of publishing the message.
  package enum Reply: Sendable, Equatable {
    /// It was published, and matched so many sidecars' subscriptions (see `StoreCommand.publish`).
    case published(Int64)
    /// It was not: the definition, given here, has another digest.
    case definition(ByteBuffer)
  }

  package let name: StoreKey
  package let message: ByteBuffer
  /// The digest of the definition that the message was made by; empty for none.
  package let digest: String
  package let life: TimeToLive

  package init(_ name: StoreKey, _ message: ByteBuffer, digest: String, life: TimeToLive) {
    self.name = name
    self.message = message
    self.digest = digest
    self.life = life
  }

  /// It takes effect when the definition is looked at: what is published after that, without the shard's lock, is
  /// an event of that moment.
  package func perform(in store: MemoryStore) throws(RPCError) -> Reply {
    let other = store.read(name) { table, key, now -> ByteBuffer? in
      guard let definition = table.value(of: key, at: now), definition.readableBytes > 0 else {
        return nil
      }
      guard definition.readableBytesView.prefix(ETag.length).elementsEqual(digest.utf8) else {
        return definition
      }
      _ = table.expire(key, .after(life), at: now)
      return nil
    }
    if let other { return .definition(other) }
    return .published(Int64(store.bus.publish(name, message)))
  }

  /// PUBLISH, unless the key holds a definition that the message was not made by. A message can't be
  /// taken back, so it is published behind the first write: Redis would refuse that later (no memory, a
  /// replica, …).
  ///
  /// The key is named as the channel is: to Redis a key and a channel are different things. ARGV: the
  /// message, the digest of the definition that it was made by ('' for none), the definition's life in
  /// ms. → the number of receivers, or the definition with its digest before it: no answer to be kept,
  /// as it will be tried again.
  package static let redis = RedisForm.script(
    .write,
    """
    local reserve = ...
    local digest = redis.call('GETRANGE', KEYS[1], 0, 39)
    if digest ~= '' then
      if digest ~= ARGV[2] then return redis.call('GET', KEYS[1]), true end
      \(RedisScripts.need("'PUBLISH', KEYS[1], ''"))
      redis.call('PEXPIRE', KEYS[1], ARGV[3])
    elseif reserve then
      \(RedisScripts.need("'PUBLISH', KEYS[1], ''"))
      reserve()
    end
    return redis.call('PUBLISH', KEYS[1], ARGV[1])
    """)

  package var keys: [StoreKey] { [name] }

  package var arguments: [RedisArgument] {
    [.bytes(message), .text(digest), .number(life.milliseconds)]
  }

  package static func read(_ reply: borrowing RESPReply) -> Reply? {
    var reader = RESPReplyReader(reply)
    if reply.first.kind == .integer { return reader.integer().map { .published($0) } }
    return reader.slice().map { .definition($0) }
  }

  package static func isAnswer(_ reply: Reply) -> Bool {
    if case .published = reply { true } else { false }
  }

  package static func hasEffect(_ reply: Reply) -> Bool {
    switch reply {
    case .published(let receivers): receivers > 0
    case .definition: false
    }
  }

  package static func byteCount(of reply: Reply) -> Int {
    if case .definition(let definition) = reply { definition.capacity } else { 0 }
  }
}
