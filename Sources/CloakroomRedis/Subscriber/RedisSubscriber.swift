public import Logging
public import NIOCore

/// A connection to Redis that receives what is published (SUBSCRIBE, PSUBSCRIBE), and its next one when
/// that is lost.
///
/// Bound to its loop: made, called and let go there. It connects when the first topic is wanted.
/// While it is connected it asks Redis now and then whether it is there (PING), so that a silence is
/// not taken for peace.
///
/// `assumeIsolated` is sound here: nobody but the loop has it, and NIO checks that each time.
public final class RedisSubscriber {
  /// How many commands may wait for their answers; past it subscriptions are refused.
  public static let inFlightCommands = 131_072

  private let loop: any EventLoop
  private let target: RedisTarget
  private let messageLimit: Int
  private let logger: Logger
  /// Strong, and let go in `close`.
  private var delegate: (any RedisSubscriberDelegate)?

  /// Nil as long as nothing is wanted and nothing is connected.
  private var link: Link?
  private var book = SubscriptionBook()
  private var output = ByteBuffer()
  private var isFlushScheduled = false
  private var isClosed = false
  private var connectedAt = NIODeadline.uptimeNanoseconds(0)
  private var lastHeard = NIODeadline.uptimeNanoseconds(0)
  /// Counts connections, so that a timer knows whether it is meant.
  private var generation: UInt64 = 0

  /// The decisions about the connection, and the connection while there is one.
  private final class Link {
    var state: RedisLinkState
    var connection: RedisConnection?
    var downReason: String?

    init(_ target: RedisTarget) {
      state = RedisLinkState(
        shortestBackoff: target.shortestBackoff, longestBackoff: target.longestBackoff)
    }
  }

  /// A subscriber that is not connected yet; called on the loop.
  ///
  /// - Parameter messageLimit: about how many bytes a message may have; a longer one costs the
  ///   connection, and is missing.
  public init(
    on loop: any EventLoop, to target: RedisTarget, messageLimit: Int, logger: Logger
  ) {
    self.loop = loop
    var target = target
    // Messages know no database.
    target.database = 0
    self.target = target
    self.messageLimit = messageLimit
    self.logger = logger
  }

  /// Tells a delegate what arrives from now on.
  public func start(delegate: any RedisSubscriberDelegate) { self.delegate = delegate }

  /// Gives up the connection and all topics; nothing more is told.
  public func close() {
    isClosed = true
    _ = link?.state.close()
    discardConnection()
    link = nil
    delegate = nil
  }

  /// Gives the connection up for whatever its address leads to now: the server has become a replica.
  /// A connection that is new, or being made, leads there already.
  public func reconnect() {
    guard isReady, connectedAt + target.longestBackoff <= .now() else { return }
    lose(.readOnly, "its server takes no writes any more: it is a replica now")
  }

  /// Whether Redis has greeted back and the connection stands.
  var isReady: Bool { link?.state.phase == .ready }

  // MARK: Topics

  /// Wants a topic; each topic once.
  ///
  /// - Returns: why it can't be had; nil when the delegate will be told.
  public func subscribe(_ topic: RedisTopic) -> RedisFailure? {
    guard !isClosed else { return .unavailable("the sidecar is stopping") }
    if let link, link.state.phase == .down {
      return .unavailable(link.downReason ?? "Redis can't be reached")
    }
    guard book.owedCount < Self.inFlightCommands else { return .full }
    book.want(topic)
    if link == nil {
      link = Link(target)
      connect()
    } else if isReady {
      sendSubscribe(topic)
    }
    return nil
  }

  /// Lets a topic go; what still arrives on it is dropped.
  public func unsubscribe(_ topic: RedisTopic) {
    book.letGo(topic, isConnected: isReady)
    guard isReady else { return }
    scheduleFlush()
    output.writeUnsubscribe(topic)
    book.sentUnsubscribe(topic, deadline: .now() + target.commandTimeout)
  }

  private func sendSubscribe(_ topic: RedisTopic) {
    scheduleFlush()
    output.writeSubscribe(topic)
    book.sentSubscribe(topic, deadline: .now() + target.commandTimeout)
  }

  /// Has this tick of the loop end with a flush.
  private func scheduleFlush() {
    guard !isFlushScheduled else { return }
    isFlushScheduled = true
    loop.assumeIsolated().execute {
      self.isFlushScheduled = false
      guard self.output.readableBytes > 0 else { return }
      var bytes = ByteBuffer()
      swap(&bytes, &self.output)
      self.link?.connection?.write(bytes)
    }
  }

  // MARK: Connecting

  private func connect() {
    guard
      let connection = RedisConnection(
        on: loop, to: target, replyLimit: messageLimit, owner: self)
    else { return lose(.protocolError, "no memory for a reader") }
    link?.connection = connection
    connection.connect()
  }

  private func discardConnection() {
    generation &+= 1
    link?.connection?.discard()
    link?.connection = nil
    output.clear()
    book.lost()
  }

  private func lose(_ cause: LossCause, _ reason: String) {
    guard let link else { return }
    if link.state.phase == .ready {
      logger.warning("lost the connection for messages", metadata: ["why": "\(reason)"])
    } else if link.state.failures == 0 {
      // Said once for each outage, not for each attempt.
      logger.error("no connection for messages: \(reason)")
    }
    discardConnection()
    let verdict = link.state.lost()
    // Told when nothing is connected any more: a topic that it lets go is simply forgotten.
    delegate?.lost(cause)
    switch verdict {
    case .connect:
      guard !parkIfUnwanted() else { break }
      connect()
    case .refuseAndRetry(let longest):
      link.downReason = reason
      delegate?.down(reason)
      retry(within: longest)
    case .none, .send, .refuse:
      break
    }
    delegate?.finishedBurst()
  }

  private func retry(within longest: TimeAmount) {
    let generation = generation
    let wait = TimeAmount.nanoseconds(Int64.random(in: 0...max(longest.nanoseconds, 0)))
    loop.assumeIsolated().scheduleTask(in: wait) {
      guard generation == self.generation, !self.isClosed, !self.parkIfUnwanted() else { return }
      self.connect()
    }
  }

  /// Where nothing is wanted there is no need for a connection; the next topic makes one.
  private func parkIfUnwanted() -> Bool {
    guard book.isEmpty else { return false }
    link = nil
    return true
  }

  // MARK: Patience

  private func scheduleCheck() {
    let generation = generation
    let interval = max(target.commandTimeout.nanoseconds / 2, 1_000_000)
    loop.assumeIsolated().scheduleTask(in: .nanoseconds(interval)) {
      guard generation == self.generation, self.isReady else { return }
      self.check()
    }
  }

  /// Gives the connection up when it has been silent although an answer is due. One that is busy with
  /// messages is not given up: the answer stands behind them.
  private func check() {
    let now = NIODeadline.now()
    // What was sent while the loop was busy with something else waits in the socket: it is read first.
    if link?.connection?.hasUnread == true { lastHeard = now }
    if let due = book.nextDeadline, due <= now, lastHeard + target.commandTimeout <= now {
      return lose(.commandTimeout, "Redis did not answer in time")
    }
    if book.owedCount == 0 {
      scheduleFlush()
      output.writeCommand(["PING"])
      book.sentPing(deadline: now + target.commandTimeout)
    }
    scheduleCheck()
  }
}

extension RedisSubscriber: RedisConnectionOwner {
  func connectionIsReady(isFenced: Bool, identity: RedisGreeting.Identity, facts: RedisFacts) {
    guard let link else { return }
    _ = link.state.becameReady()
    link.downReason = nil
    connectedAt = .now()
    lastHeard = connectedAt
    logger.info("connected to Redis for messages", metadata: ["address": "\(target.address)"])
    delegate?.connected()
    for topic in book.wanted { sendSubscribe(topic) }
    scheduleCheck()
  }

  func receivedReplies(on connection: RedisConnection) {
    while connection.next() { received(connection.reply) }
  }

  private func received(_ reply: borrowing RESPReply) {
    switch book.receive(reply) {
    case .none: break
    case .message(let message, let name, let topic):
      delegate?.received(message, on: name, through: topic)
    case .confirmed(let topic): delegate?.confirmed(topic)
    case .refused(let topic, let code): delegate?.refused(topic, code: code)
    case .fault(let why): lose(.protocolError, why)
    }
  }

  func finishedBurst() {
    lastHeard = .now()
    delegate?.finishedBurst()
  }

  func connectionLost(_ cause: LossCause, _ reason: String) { lose(cause, reason) }

  func connectionIsWritable() {
    // Wishes are few and short: they were handed to the channel as they came.
  }
}

/// Receives what a subscriber hears. Told on the subscriber's loop.
public protocol RedisSubscriberDelegate: AnyObject {
  /// Redis has confirmed a topic: from now on all its messages come. Told again after each outage.
  func confirmed(_ topic: RedisTopic)
  /// Redis refuses a topic, with this code, or the subscriber is closed; it is not wanted any more.
  func refused(_ topic: RedisTopic, code: String)
  /// A message has come.
  func received(_ message: ByteBuffer, on name: ByteBuffer, through topic: RedisTopic)
  /// The connection was lost: no topic is heard until it is confirmed again.
  func lost(_ cause: LossCause)
  /// No connection comes about; it is tried again and again. Told after each try.
  func down(_ reason: String)
  /// There is a connection; the topics are about to be confirmed.
  func connected()
  /// All messages that arrived together have been handed over.
  func finishedBurst()
}
