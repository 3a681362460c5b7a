public import CloakroomCore
package import CloakroomRedis
package import NIOCore

/// Appends a message to a stream, which is made if there is none, and tells those who listen on the
/// stream's name. → the message's id
package struct AppendMessage: StoreStep {
  package let key: StoreKey
  package let message: ByteBuffer
  package let limit: StreamLimit?
  package let life: StreamLife

  package init(_ key: StoreKey, message: ByteBuffer, limit: StreamLimit?, life: StreamLife) {
    self.key = key
    self.message = message
    self.limit = limit
    self.life = life
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> StreamID {
    let name = MemoryKey(borrowing: key)
    let message = self.message.detached()
    let id = try store.withStreams { (streams) throws(MemoryBudget.Exhausted) -> StreamID? in
      let time = streams.time
      let deadline = life.deadline(from: streams.now, keeping: streams.deadline(of: name))
      let id = try streams.changeOrMake(name, until: deadline) {
        (stream) throws(MemoryBudget.Exhausted) in
        try stream.append(message, limit: limit?.count, at: time)
      }
      if id != nil { streams.postpone(name, to: deadline) }
      return id
    }
    guard let id else { throw RPCError(.storeRefused, "the stream has no more ids") }
    store.bus.publish(key, ByteBuffer())
    return id
  }

  /// XADD with the stream's life, and a message for those who wait: by `pcall`, as they find what was
  /// appended by looking now and then when the user may not publish.
  ///
  /// ARGV: message, life (least, after, keep or never), ms, then, for a limit, = or ~ and the number.
  /// → the id.
  package static let redis = RedisForm.script(
    .write,
    """
    local key, life, ms = KEYS[1], ARGV[2], tonumber(ARGV[3])
    local rest = redis.call('PTTL', key)
    local isPersisted = life == 'never' and rest >= 0
    local isTimed = life == 'after' or (life ~= 'never' and rest == -2)
      or (life == 'keep' and rest == -1) or (life == 'least' and rest >= 0 and rest < ms)
    if isPersisted then
      \(RedisScripts.need("'PERSIST', key"))
    end
    if isTimed then
      \(RedisScripts.need("'PEXPIRE', key, '0'"))
    end
    local id
    if ARGV[4] then
      id = redis.call('XADD', key, 'MAXLEN', ARGV[4], ARGV[5], '*', 'message', ARGV[1])
    else
      id = redis.call('XADD', key, '*', 'message', ARGV[1])
    end
    if isPersisted then redis.call('PERSIST', key) end
    if isTimed then redis.call('PEXPIRE', key, ARGV[3]) end
    redis.pcall('PUBLISH', key, '')
    return id
    """)

  package var keys: [StoreKey] { [key] }

  package var arguments: [RedisArgument] {
    let (kept, ms): (RedisArgument, Int64) =
      switch life {
      case .atLeast(let life): ("least", life.milliseconds)
      case .set(.after(let life)): ("after", life.milliseconds)
      case .set(.keep(let life)): ("keep", life.milliseconds)
      case .set(.never): ("never", 0)
      }
    var arguments: [RedisArgument] = [.bytes(message), kept, .number(ms)]
    if let limit { arguments += [limit.isApproximate ? "~" : "=", .number(limit.count)] }
    return arguments
  }

  package static func read(_ reply: borrowing RESPReply) -> StreamID? {
    var reader = RESPReplyReader(reply)
    return reader.id()
  }
}

/// How many messages a stream keeps.
public struct StreamLimit: Sendable, Hashable {
  /// The number of messages, at least one: the oldest go.
  public let count: Int64
  /// Whether there may be somewhat more of them, where that is quicker.
  public let isApproximate: Bool

  /// A limit of a number of messages.
  public init(count: Int64, isApproximate: Bool) {
    self.count = count
    self.isApproximate = isApproximate
  }
}

/// What becomes of a stream's life when a message is appended.
public enum StreamLife: Sendable, Hashable {
  /// It lives as long as that from now on, or longer if it would have.
  case atLeast(TimeToLive)
  /// What any value's write does.
  case set(Expiry)
}

extension StreamLife {
  /// The end of a stream's life when a message is appended now.
  ///
  /// - Parameter current: the end so far; nil when there was no stream.
  fileprivate func deadline(from now: Int64, keeping current: Deadline?) -> Deadline {
    switch self {
    case .atLeast(let life):
      max(Deadline(after: life, from: now), current ?? Deadline(after: life, from: now))
    case .set(let expiry):
      expiry.deadline(from: now, keeping: current)
    }
  }
}
