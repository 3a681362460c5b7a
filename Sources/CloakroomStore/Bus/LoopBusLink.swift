internal import CloakroomCore
internal import DequeModule
internal import NIOCore

/// One event loop's way to a bus that all loops share: many subscriptions of a loop to one topic are
/// one interest to the others, and a message for all of them crosses over once.
public final class LoopBusLink: BusLink {
  /// The loop's interest in one topic.
  private struct Interest {
    let topic: Topic
    /// Those that listen, in the order in which they came and are told; and some that listen no more.
    var ids: [UInt64] = []
    /// How many of them listen no more.
    var gone = 0
    /// Whether its messages come.
    var isOpen = false
  }

  /// Where a subscription is to be found.
  private struct Place {
    let token: UInt64
    let listener: any BusListener
    /// Whether the listener was told that it is subscribed.
    var isConfirmed = false
  }

  /// What is to be told next.
  private enum Mail {
    case event(BusEvent)
    /// The rest of a message for an interest: those that were not told of it yet.
    case rest(ArraySlice<UInt64>, token: UInt64, ByteBuffer, on: ByteBuffer)
  }

  /// The clock is asked after so many that were told of a message.
  private static let toldPerLook = 32

  private let loop: any EventLoop
  private let exchange: any BusExchange
  private let mailbox: BusMailbox
  private let quota: BusQuota
  /// Called when something has been told, with whether that was all; nil while the link is not open.
  private var told: ((Bool) -> Void)?
  /// When messages are told, and how long; nil while the link is not open.
  private var turns: LoopTurns?
  /// What came from the mailbox and was not told yet.
  private var mail = Deque<Mail>()
  private var tokens: [Topic: UInt64] = [:]
  private var interests: [UInt64: Interest] = [:]
  private var places: [UInt64: Place] = [:]
  /// Those that will be told that there is no subscription.
  private var rejected: [UInt64: any BusListener] = [:]
  private var lastToken: UInt64 = 0
  /// Why topics that are not open won't be soon.
  private var downError: RPCError?

  /// What has happened on the loop's way to the bus.
  public var counters: BusCounters {
    BusCounters(subscriptions: places.count, dropped: mailbox.dropped)
  }

  init(on loop: any EventLoop, to exchange: any BusExchange, limits: BusLimits, quota: BusQuota) {
    self.loop = loop
    self.exchange = exchange
    self.quota = quota
    mailbox = BusMailbox(loop: loop, limits: limits)
  }

  /// Opens the way.
  public func start(
    later: @escaping (@escaping () -> Void) -> Void, told: @escaping (Bool) -> Void
  ) {
    turns = LoopTurns(later: later)
    self.told = told
    mailbox.attach(NIOLoopBound(self, eventLoop: loop))
    exchange.attach(mailbox)
  }

  /// Stops listening.
  public func close() {
    for (token, interest) in interests {
      exchange.close(interest.topic, token: token, for: mailbox)
    }
    for _ in places { quota.release() }
    interests = [:]
    tokens = [:]
    places = [:]
    rejected = [:]
    exchange.detach(mailbox)
    mailbox.attach(nil)
    mail = []
    turns = nil
    told = nil
  }

  /// Begins to listen; the listener is told when it does.
  public func subscribe(_ topic: Topic, id: UInt64, listener: any BusListener) {
    guard told != nil else { return }
    guard quota.take() else { return reject(id, .tooManySubscriptions, listener) }
    guard let token = tokens[topic] else { return begin(topic, id, listener) }
    guard let isOpen = interests[token]?.isOpen else { return }
    places[id] = Place(token: token, listener: listener)
    interests[token]?.ids.append(id)
    if isOpen {
      mailbox.post(.joined(id: id, token))
    } else if let downError {
      forget(id)
      reject(id, downError, listener)
    }
  }

  private func reject(_ id: UInt64, _ error: RPCError, _ listener: any BusListener) {
    rejected[id] = listener
    mailbox.post(.rejected(id: id, error))
  }

  /// Ends a subscription; nothing more is told of it.
  public func unsubscribe(id: UInt64) {
    rejected[id] = nil
    forget(id)
  }

  private func begin(_ topic: Topic, _ id: UInt64, _ listener: any BusListener) {
    lastToken &+= 1
    tokens[topic] = lastToken
    interests[lastToken] = Interest(topic: topic, ids: [id])
    places[id] = Place(token: lastToken, listener: listener)
    exchange.open(topic, token: lastToken, for: mailbox)
  }

  /// Takes a subscription out; the interest goes with the last of them.
  ///
  /// - Returns: who was to be told of it.
  @discardableResult
  private func forget(_ id: UInt64) -> (any BusListener)? {
    guard let place = places.removeValue(forKey: id) else { return nil }
    quota.release()
    leave(place.token)
    return place.listener
  }

  /// One that an interest had listens no more. Its id is taken out with others', so that thousands can leave one
  /// after the other and the rest keep their order.
  private func leave(_ token: UInt64) {
    interests[token]?.gone += 1
    guard let count = interests[token]?.ids.count, let gone = interests[token]?.gone else { return }
    if gone == count, let interest = interests.removeValue(forKey: token) {
      tokens[interest.topic] = nil
      exchange.close(interest.topic, token: token, for: mailbox)
    } else if gone > count / 2 {
      interests[token]?.ids.removeAll { places[$0] == nil }
      interests[token]?.gone = 0
    }
  }

  // MARK: What the exchange says

  /// Takes what the exchange has for the loop; called by the mailbox, on the loop.
  func takeMail() {
    mail.append(contentsOf: mailbox.take().lazy.map { .event($0) })
    tell()
  }

  /// Tells what has come, as long as the turn has time. The mailbox fills up meanwhile, and is taken when all is told:
  /// so what waits is bounded.
  private func tell() {
    guard let turns else { return }
    var now = NIODeadline.now()
    turns.begin(at: now)
    while !turns.isOver(at: now), let next = mail.popFirst() {
      switch next {
      case .event(let event): handle(event)
      case .rest(let ids, let token, let message, let name):
        tell(ids, of: token, message, on: name)
      }
      now = .now()
    }
    if mail.isEmpty { mailbox.tookAll() }
    turns.end(hasMore: !mail.isEmpty, at: now) { if !self.mail.isEmpty { self.tell() } }
    told?(mail.isEmpty)
  }

  /// Tells some of those that listen of a message; the others are next.
  private func tell(
    _ ids: ArraySlice<UInt64>, of token: UInt64, _ message: ByteBuffer, on name: ByteBuffer
  ) {
    let now = ids.prefix(Self.toldPerLook)
    if now.count < ids.count {
      mail.prepend(.rest(ids.dropFirst(now.count), token: token, message, on: name))
    }
    forEach(of: now, token) { _, listener in listener.received(message, on: name) }
  }

  private func handle(_ event: BusEvent) {
    switch event {
    case .message(let tokens, let message, let name):
      // The first is next.
      for token in tokens.reversed() {
        guard let ids = interests[token]?.ids else { continue }
        mail.prepend(.rest(ids[...], token: token, message, on: name))
      }
    case .opened(let token):
      opened(token)
    case .refused(let token, let error):
      refused(token, error)
    case .overflowed(let token):
      forEach(token) { _, listener in listener.interrupted(by: .overflow) }
    case .suspended:
      for token in interests.keys { interests[token]?.isOpen = false }
    case .down(let error):
      down(error)
    case .restored:
      downError = nil
    case .joined(let id, let token):
      guard let place = places[id], place.token == token, !place.isConfirmed else { return }
      // Otherwise it waits for the topic to be opened again.
      guard interests[token]?.isOpen == true else { return }
      places[id]?.isConfirmed = true
      place.listener.subscribed()
    case .rejected(let id, let error):
      rejected.removeValue(forKey: id)?.failed(with: error)
    }
  }

  /// Does something for each subscription of an interest that is still there when it is its turn and
  /// was when the first was told.
  private func forEach(_ token: UInt64, _ body: (UInt64, any BusListener) -> Void) {
    guard let ids = interests[token]?.ids else { return }
    forEach(of: ids[...], token, body)
  }

  private func forEach(
    of ids: ArraySlice<UInt64>, _ token: UInt64, _ body: (UInt64, any BusListener) -> Void
  ) {
    for id in ids {
      guard let place = places[id], place.token == token else { continue }
      body(id, place.listener)
    }
  }

  private func opened(_ token: UInt64) {
    downError = nil
    interests[token]?.isOpen = true
    forEach(token) { id, listener in
      if places[id]?.isConfirmed == true {
        listener.interrupted(by: .lost)
      } else {
        places[id]?.isConfirmed = true
        listener.subscribed()
      }
    }
  }

  private func refused(_ token: UInt64, _ error: RPCError) {
    guard let interest = interests.removeValue(forKey: token) else { return }
    tokens[interest.topic] = nil
    for id in interest.ids {
      guard let place = places.removeValue(forKey: id) else { continue }
      rejected[id] = place.listener
      quota.release()
    }
    for id in interest.ids { rejected.removeValue(forKey: id)?.failed(with: error) }
  }

  /// Those that were never told that they are subscribed wait no longer; the others are there again
  /// when Redis is.
  private func down(_ error: RPCError) {
    downError = error
    let waiting = places.filter { place in
      !place.value.isConfirmed && interests[place.value.token]?.isOpen == false
    }
    for id in waiting.keys.sorted() {
      forget(id)?.failed(with: error)
    }
  }
}

extension RPCError {
  fileprivate static let tooManySubscriptions = RPCError(
    .overloaded, "there are too many subscriptions", retryAfterMs: 1000, limit: .subscriptions)
}
