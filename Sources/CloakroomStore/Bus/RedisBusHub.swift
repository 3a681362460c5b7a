internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

/// Which loops want which topics of Redis, on the loop of the subscribed connection.
///
/// Redis is subscribed to a topic once, however many loops want it.
final class RedisBusHub {
  private struct Member {
    let mailbox: BusMailbox
    let token: UInt64
  }

  private struct Entry {
    var members: [Member] = []
    /// Whether Redis has confirmed the topic on the connection that there is.
    var isConfirmed = false
  }

  private let subscriber: RedisSubscriber
  private let condition: BusCondition
  private var mailboxes: [ObjectIdentifier: BusMailbox] = [:]
  private var entries: [RedisTopic: Entry] = [:]
  /// Those that something was added for since the last burst ended.
  private var touched: [ObjectIdentifier: BusMailbox] = [:]
  private var isClosed = false

  init(_ subscriber: RedisSubscriber, condition: BusCondition) {
    self.subscriber = subscriber
    self.condition = condition
  }

  func attach(_ mailbox: BusMailbox) {
    guard !isClosed else { return }
    if mailboxes.isEmpty { subscriber.start(delegate: self) }
    mailboxes[ObjectIdentifier(mailbox)] = mailbox
  }

  func detach(_ mailbox: BusMailbox) {
    mailboxes[ObjectIdentifier(mailbox)] = nil
    if mailboxes.isEmpty { close() }
  }

  /// Gives the connection up, if there is one, for whatever its address leads to now.
  func reconnect() { subscriber.reconnect() }

  private func close() {
    isClosed = true
    subscriber.close()
    mailboxes = [:]
    entries = [:]
  }

  func open(_ topic: Topic, token: UInt64, for mailbox: BusMailbox) {
    let topic = RedisTopic(topic)
    if entries[topic] == nil {
      if let failure = subscriber.subscribe(topic) {
        return add(.refused(token, RPCError(failure)), to: mailbox)
      }
      entries[topic] = Entry()
    }
    entries[topic]?.members.append(Member(mailbox: mailbox, token: token))
    if entries[topic]?.isConfirmed == true { add(.opened(token), to: mailbox) }
  }

  func close(_ topic: Topic, token: UInt64, for mailbox: BusMailbox) {
    let topic = RedisTopic(topic)
    entries[topic]?.members.removeAll { $0.token == token && $0.mailbox === mailbox }
    guard entries[topic]?.members.isEmpty == true else { return }
    remove(topic)
    subscriber.unsubscribe(topic)
  }

  @discardableResult
  private func remove(_ topic: RedisTopic) -> Entry? {
    let entry = entries.removeValue(forKey: topic)
    // A connection that nobody needs is not missed, nor tried for any more.
    if entries.isEmpty { condition.downReason = nil }
    return entry
  }

  private func add(_ event: BusEvent, to mailbox: BusMailbox) {
    mailbox.add(event)
    touched[ObjectIdentifier(mailbox)] = mailbox
  }

  private func addToAll(_ event: BusEvent) {
    for mailbox in mailboxes.values { add(event, to: mailbox) }
  }
}

extension RedisBusHub: RedisSubscriberDelegate {
  func confirmed(_ topic: RedisTopic) {
    entries[topic]?.isConfirmed = true
    for member in entries[topic]?.members ?? [] { add(.opened(member.token), to: member.mailbox) }
  }

  func refused(_ topic: RedisTopic, code: String) {
    let error = RPCError(redisError: code)
    for member in remove(topic)?.members ?? [] {
      add(.refused(member.token, error), to: member.mailbox)
    }
  }

  func received(_ message: ByteBuffer, on name: ByteBuffer, through topic: RedisTopic) {
    guard let members = entries[topic]?.members else { return }
    for member in members { add(.message(member.token, message, on: name), to: member.mailbox) }
  }

  func lost(_ cause: LossCause) {
    condition.countLoss(cause)
    for topic in entries.keys { entries[topic]?.isConfirmed = false }
    addToAll(.suspended)
  }

  func down(_ reason: String) {
    if !entries.isEmpty { condition.downReason = reason }
    addToAll(.down(RPCError(.unavailable, reason, retryAfterMs: 500)))
  }

  func connected() {
    condition.downReason = nil
    addToAll(.restored)
  }

  func finishedBurst() {
    guard !touched.isEmpty else { return }
    for mailbox in touched.values { mailbox.wake() }
    touched.removeAll(keepingCapacity: true)
  }
}

extension RedisTopic {
  /// What Redis calls a topic of the bus.
  fileprivate init(_ topic: Topic) {
    switch topic {
    case .name(let name): self = .name(name.bytes)
    case .pattern(let glob): self = .pattern(glob)
    }
  }
}
