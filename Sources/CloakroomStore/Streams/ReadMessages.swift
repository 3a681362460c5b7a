package import CloakroomCore
package import CloakroomRedis

/// Hands a consumer messages that nobody of its group was handed before; NOT_FOUND without such a group.
package struct ReadMessages: StoreStep {
  package let key: StoreKey
  package let reader: StreamReader
  package let portion: StreamPortion

  package init(_ key: StoreKey, _ reader: StreamReader, _ portion: StreamPortion) {
    self.key = key
    self.reader = reader
    self.portion = portion
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> [StreamMessage] {
    let messages = try store.withStreams {
      (streams) throws(MemoryBudget.Exhausted) -> [StreamMessage]? in
      let now = streams.now
      return try streams.change(key) { (stream) throws(MemoryBudget.Exhausted) in
        try stream.read(reader, portion, at: now)
      } ?? nil
    }
    guard let messages else { throw .noGroup }
    return messages
  }

  /// XREADGROUP, one message after the other until there are enough bytes: it knows no such limit.
  ///
  /// ARGV: group, consumer, count, bytes. → an array of an id with its fields. Nothing is no answer to
  /// be kept: a reader that waits reads again.
  package static let redis = RedisForm.script(
    .write,
    """
    local messages, bytes, most = {}, 0, tonumber(ARGV[4])
    for place = 1, tonumber(ARGV[3]) do
      local reply = redis.call(
        'XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[1], '>')
      if not reply then break end
      local entry = reply[1][2][1]
      messages[place] = entry
      for _, part in ipairs(entry[2]) do bytes = bytes + #part end
      if bytes >= most then break end
    end
    return messages, #messages == 0
    """)

  package var keys: [StoreKey] { [key] }

  package var arguments: [RedisArgument] {
    [
      .text(reader.group), .text(reader.consumer), .number(portion.count), .number(portion.bytes),
    ]
  }

  package static func read(_ reply: borrowing RESPReply) -> [StreamMessage]? {
    var reader = RESPReplyReader(reply)
    guard let count = reader.array() else { return nil }
    var messages: [StreamMessage] = []
    messages.reserveCapacity(count)
    for _ in 0..<count {
      guard reader.array() == 2, let message = reader.message(deliveries: 1) else { return nil }
      messages.append(message)
    }
    return messages
  }

  package static func isAnswer(_ messages: [StreamMessage]) -> Bool { !messages.isEmpty }
  package static func hasEffect(_ messages: [StreamMessage]) -> Bool { !messages.isEmpty }
  package static func byteCount(of messages: [StreamMessage]) -> Int { messages.byteCount }
}
