internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

/// Which loops want which topics of Redis, on the loop of the subscribed connection.
///
/// Redis is subscribed to a name once, however many loops want it, and for patterns to a few beginnings
/// of names (`PatternCovers`), through which a message comes once however many patterns match it.
final class RedisBusHub {
  private struct Entry {
    var members: [BusMember] = []
    /// Whether Redis has confirmed the name on the connection that there is.
    var isConfirmed = false
  }

  /// Somebody who wants a pattern that is not heard yet.
  private struct Waiting {
    let member: BusMember
    let glob: ByteBuffer
  }

  private let subscriber: RedisSubscriber
  private let condition: BusCondition
  private var mailboxes: [ObjectIdentifier: BusMailbox] = [:]
  private var names: [ByteBuffer: Entry] = [:]
  private var patterns = PatternIndex()
  private var covers = PatternCovers()
  /// By what Redis was asked to confirm.
  private var waiting: [ByteBuffer: [Waiting]] = [:]
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
    names = [:]
    patterns = PatternIndex()
    covers = PatternCovers()
    waiting = [:]
  }

  // MARK: What loops want

  func open(_ topic: Topic, token: UInt64, for mailbox: BusMailbox) {
    let member = BusMember(mailbox: mailbox, token: token)
    switch topic {
    case .name(let name): open(name.bytes, for: member)
    case .pattern(let glob): open(pattern: glob, for: member)
    }
  }

  private func open(_ name: ByteBuffer, for member: BusMember) {
    if names[name] == nil {
      if let failure = subscriber.subscribe(.name(name)) {
        return add(.refused(member.token, RPCError(failure)), to: member.mailbox)
      }
      names[name] = Entry()
    }
    names[name]?.members.append(member)
    if names[name]?.isConfirmed == true { add(.opened(member.token), to: member.mailbox) }
  }

  private func open(pattern glob: ByteBuffer, for member: BusMember) {
    let pattern = patterns.add(member, to: glob)
    let actions = covers.want(pattern.prefix, suffix: pattern.suffix ?? [])
    if let failure = begin(actions) {
      remove(member, from: glob)
      return add(.refused(member.token, RPCError(failure)), to: member.mailbox)
    }
    guard let cover = covers.cover(of: pattern.prefix) else { return }
    if cover.isActive {
      add(.opened(member.token), to: member.mailbox)
    } else {
      waiting[cover.glob, default: []].append(Waiting(member: member, glob: glob))
    }
  }

  /// Subscribes Redis to covers; all of them or none.
  private func begin(_ actions: [PatternCovers.Action]) -> RedisFailure? {
    for case .subscribe(let wanted) in actions {
      guard let failure = subscriber.subscribe(.pattern(wanted)) else { continue }
      for case .subscribe(let glob) in actions.reversed() {
        forget(glob)
        subscriber.unsubscribe(.pattern(glob))
      }
      return failure
    }
    return nil
  }

  func close(_ topic: Topic, token: UInt64, for mailbox: BusMailbox) {
    switch topic {
    case .name(let name):
      names[name.bytes]?.members.removeAll { $0.isSame(as: token, of: mailbox) }
      guard names[name.bytes]?.members.isEmpty == true else { return }
      names[name.bytes] = nil
      subscriber.unsubscribe(.name(name.bytes))
    case .pattern(let glob):
      remove(BusMember(mailbox: mailbox, token: token), from: glob)
    }
    forgetOutageIfUnwanted()
  }

  /// Takes out one who listens to a pattern no more. A cover goes with the last pattern that begins with it.
  private func remove(_ member: BusMember, from glob: ByteBuffer) {
    guard let prefix = patterns.remove(member.token, of: member.mailbox, from: glob),
      let cover = covers.cover(of: prefix), !patterns.hasPatterns(beginningWith: cover.prefix)
    else { return }
    tell(covers.release(cover))
  }

  private func tell(_ actions: [PatternCovers.Action]) {
    for case .unsubscribe(let glob) in actions {
      waiting[glob] = nil
      subscriber.unsubscribe(.pattern(glob))
    }
  }

  /// A connection that nobody needs is not missed, nor tried for any more.
  private func forgetOutageIfUnwanted() {
    if !isWanted { condition.downReason = nil }
  }

  private var isWanted: Bool { !names.isEmpty || patterns.count > 0 }

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
    switch topic {
    case .name(let name):
      names[name]?.isConfirmed = true
      for member in names[name]?.members ?? [] { add(.opened(member.token), to: member.mailbox) }
    case .pattern(let glob):
      // Who still waits for what it replaces is heard through this one.
      let actions = covers.confirmed(glob)
      tellOpened(glob)
      for case .unsubscribe(let replaced) in actions { tellOpened(replaced) }
      tell(actions)
    }
  }

  private func tellOpened(_ glob: ByteBuffer) {
    for waiting in waiting.removeValue(forKey: glob) ?? [] {
      add(.opened(waiting.member.token), to: waiting.member.mailbox)
    }
  }

  func refused(_ topic: RedisTopic, code: String) {
    let error = RPCError(redisError: code)
    switch topic {
    case .name(let name):
      for member in names.removeValue(forKey: name)?.members ?? [] {
        add(.refused(member.token, error), to: member.mailbox)
      }
    case .pattern(let glob):
      for waiting in forget(glob) {
        remove(waiting.member, from: waiting.glob)
        add(.refused(waiting.member.token, error), to: waiting.member.mailbox)
      }
    }
    forgetOutageIfUnwanted()
  }

  /// Forgets a cover that can't be had.
  ///
  /// - Returns: who has waited for it.
  @discardableResult
  private func forget(_ glob: ByteBuffer) -> [Waiting] {
    covers.refused(glob)
    return waiting.removeValue(forKey: glob) ?? []
  }

  func received(_ message: ByteBuffer, on name: ByteBuffer, through topic: RedisTopic) {
    var audience = BusAudience()
    switch topic {
    case .name(let name):
      audience.add(names[name]?.members ?? [])
    case .pattern(let glob):
      guard covers.isActive(glob) else { return }
      audience = patterns.candidates(for: name).matching(name)
    }
    audience.forEach { mailbox, tokens in add(.message(tokens, message, on: name), to: mailbox) }
  }

  func lost(_ cause: LossCause) {
    condition.countLoss(cause)
    for name in names.keys { names[name]?.isConfirmed = false }
    tell(covers.lost())
    waiting = [:]
    for pattern in patterns.all {
      guard let cover = covers.cover(of: pattern.glob.prefix) else { continue }
      waiting[cover.glob, default: []] += pattern.members.map {
        Waiting(member: $0, glob: pattern.bytes)
      }
    }
    addToAll(.suspended)
  }

  func down(_ reason: String) {
    if isWanted { condition.downReason = reason }
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
