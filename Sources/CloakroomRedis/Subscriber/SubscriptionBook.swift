internal import DequeModule
internal import NIOCore

/// What a subscribed connection is subscribed to, and which answers Redis still owes it; the decisions of
/// a `RedisSubscriber`, apart from its socket.
///
/// Redis answers each command once and in order, with messages in between. A topic that is wanted,
/// let go and wanted again has several answers under way: the last one tells how it stands.
struct SubscriptionBook {
  /// What something that Redis sent means.
  enum Event: Equatable {
    /// Nothing to be told.
    case none
    /// A message.
    case message(ByteBuffer, on: ByteBuffer, through: RedisTopic)
    /// From now on all messages of the topic come.
    case confirmed(RedisTopic)
    /// Redis refuses the topic, with this code; it is not wanted any more.
    case refused(RedisTopic, code: String)
    /// Redis sent what it was not asked for.
    case fault(String)
  }

  /// An answer that is to come.
  private enum Answer: Equatable {
    case subscribed(RedisTopic)
    case unsubscribed(RedisTopic)
    case pong
  }

  private struct Owed {
    let answer: Answer
    let deadline: NIODeadline
  }

  private struct Entry {
    var isWanted = true
    /// How many answers about the topic are to come.
    var owed = 0
  }

  private var entries: [RedisTopic: Entry] = [:]
  private var owed = Deque<Owed>()

  /// Whether nothing is wanted.
  var isEmpty: Bool { entries.isEmpty }
  /// How many topics are wanted, or being let go.
  var count: Int { entries.count }
  /// How many answers are to come.
  var owedCount: Int { owed.count }
  /// When the answer that is due first is late.
  var nextDeadline: NIODeadline? { owed.first?.deadline }

  // MARK: What is wanted

  /// A topic is wanted from now on; without a connection it is kept for the next one.
  mutating func want(_ topic: RedisTopic) { entries[topic, default: Entry()].isWanted = true }

  /// A topic is not wanted any more.
  ///
  /// - Parameter isConnected: whether Redis is to be told; otherwise the topic is simply forgotten.
  mutating func letGo(_ topic: RedisTopic, isConnected: Bool) {
    guard isConnected else {
      entries[topic] = nil
      return
    }
    entries[topic]?.isWanted = false
  }

  // MARK: What is sent

  /// A command has been sent that begins a subscription.
  mutating func sentSubscribe(_ topic: RedisTopic, deadline: NIODeadline) {
    entries[topic]?.owed += 1
    owed.append(Owed(answer: .subscribed(topic), deadline: deadline))
  }

  /// A command has been sent that ends a subscription.
  mutating func sentUnsubscribe(_ topic: RedisTopic, deadline: NIODeadline) {
    entries[topic]?.owed += 1
    owed.append(Owed(answer: .unsubscribed(topic), deadline: deadline))
  }

  /// A PING has been sent.
  mutating func sentPing(deadline: NIODeadline) {
    owed.append(Owed(answer: .pong, deadline: deadline))
  }

  /// The connection is gone, with all that it owed.
  mutating func lost() {
    owed.removeAll()
    entries = entries.filter { $0.value.isWanted }
    for topic in entries.keys { entries[topic]?.owed = 0 }
  }

  /// All topics that a new connection has to be subscribed to.
  var wanted: [RedisTopic] { Array(entries.keys) }

  // MARK: What Redis says

  /// Takes in what Redis has sent.
  mutating func receive(_ reply: borrowing RESPReply) -> Event {
    let first = reply.first
    switch first.kind {
    case .error:
      return refused(code: reply.errorCode(of: first))
    case .status:
      // PONG, as long as there is no subscription.
      return answered(.pong)
    case .array where reply.nodes.count >= 3:
      return received(reply)
    default:
      return .fault("Redis sent something else than a message or an answer")
    }
  }

  private mutating func received(_ reply: borrowing RESPReply) -> Event {
    // None is longer than the fifteen bytes that a string keeps without an allocation.
    switch reply.text(of: reply.nodes[1]) {
    case "message" where reply.nodes.count == 4:
      let name = reply.copy(of: reply.nodes[2])
      return .message(reply.copy(of: reply.nodes[3]), on: name, through: .name(name))
    case "pmessage" where reply.nodes.count == 5:
      let pattern = RedisTopic.pattern(reply.slice(of: reply.nodes[2]))
      return .message(
        reply.copy(of: reply.nodes[4]), on: reply.copy(of: reply.nodes[3]), through: pattern)
    case "subscribe": return answered(.subscribed(.name(reply.copy(of: reply.nodes[2]))))
    case "psubscribe": return answered(.subscribed(.pattern(reply.copy(of: reply.nodes[2]))))
    case "unsubscribe": return answered(.unsubscribed(.name(reply.copy(of: reply.nodes[2]))))
    case "punsubscribe": return answered(.unsubscribed(.pattern(reply.copy(of: reply.nodes[2]))))
    case "pong": return answered(.pong)
    default: return .fault("Redis sent a message of an unknown kind")
    }
  }

  private mutating func answered(_ answer: Answer) -> Event {
    guard let next = owed.popFirst(), next.answer == answer else {
      return .fault("Redis sent an answer that nobody waits for")
    }
    switch answer {
    case .pong: return .none
    case .subscribed(let topic): return settle(topic) ? .confirmed(topic) : .none
    case .unsubscribed(let topic):
      _ = settle(topic)
      return .none
    }
  }

  /// An answer about a topic has arrived.
  ///
  /// - Returns: whether it was the last, and the topic is wanted.
  private mutating func settle(_ topic: RedisTopic) -> Bool {
    guard var entry = entries[topic] else { return false }
    entry.owed -= 1
    let isSettled = entry.owed <= 0
    entries[topic] = isSettled && !entry.isWanted ? nil : entry
    return isSettled && entry.isWanted
  }

  private mutating func refused(code: String) -> Event {
    guard let next = owed.popFirst() else {
      return .fault("Redis sent an error that answers nothing (\(code))")
    }
    switch next.answer {
    case .pong:
      // An ACL user may do without; it was an answer all the same.
      return .none
    case .subscribed(let topic):
      guard settle(topic) else { return .none }
      entries[topic] = nil
      return .refused(topic, code: code)
    case .unsubscribed:
      return .fault("Redis does not end a subscription (\(code))")
    }
  }
}

extension RESPReply {
  /// A node's bytes in memory of their own: they are kept while the reply is reused.
  fileprivate func copy(of node: Node) -> ByteBuffer {
    let slice = slice(of: node)
    var copy = ByteBufferAllocator().buffer(capacity: slice.readableBytes)
    copy.writeImmutableBuffer(slice)
    return copy
  }
}
