public import NIOCore

/// One event loop's pipelined connection to Redis, and its next one when that is lost.
///
/// Bound to its loop: made, called and let go there. Commands are gathered for a tick of the loop
/// and written at once; replies come in the order of the commands.
///
/// `assumeIsolated` is sound here: nobody but the loop has it, and NIO checks that each time.
public final class RedisLink {
  /// What has happened so far.
  public private(set) var counters = Counters()
  /// Why commands are refused; nil while they are not.
  public private(set) var downReason: String? = "not connected yet"
  /// Whether Redis takes no writes (READONLY), as far as was seen within the last minute.
  public var isReadOnly: Bool { readOnly.isCurrent(now: .now()) }
  /// Whether Redis has greeted back and the connection stands.
  var isReady: Bool { state.phase == .ready }
  /// How many commands wait for replies.
  var inFlightCount: Int { queue.count }

  /// Whether the command that `nextAnswer` has found was sent twice.
  private(set) var wasAnsweredAgain = false

  private let loop: any EventLoop
  private let target: RedisTarget
  private let scripts: [RedisScript]
  private let outage: RedisOutage
  /// Strong, and let go in `close`: a weak one would make each use of the delegate's count slower.
  private var delegate: (any RedisLinkDelegate)?

  private var state: RedisLinkState
  private var queue = CommandQueue()
  private var readOnly: ReadOnlyServer
  private var connection: RedisConnection?
  private var lastIdentity: RedisGreeting.Identity?
  private var patience: LinkPatience
  /// When the time is over of the commands that this tick gathers.
  private var tickDeadline = NIODeadline.uptimeNanoseconds(0)
  private var isFlushScheduled = false
  private var isTimerScheduled = false

  /// A link that is not connected yet; `start` connects it.
  ///
  /// - Parameters:
  ///   - loop: the loop that it lives on; this must be called there.
  ///   - scripts: what Redis must keep before the first command.
  ///   - outage: says in the log what becomes of the connection, together with other links.
  public init(
    on loop: any EventLoop, to target: RedisTarget, scripts: [RedisScript], outage: RedisOutage
  ) {
    self.loop = loop
    self.target = target
    self.scripts = scripts
    self.outage = outage
    patience = LinkPatience(target.commandTimeout)
    state = RedisLinkState(
      shortestBackoff: target.shortestBackoff, longestBackoff: target.longestBackoff)
    readOnly = ReadOnlyServer(
      shortestBackoff: target.shortestBackoff, longestBackoff: target.longestBackoff)
  }

  /// Connects, and stays connected from now on.
  public func start(delegate: any RedisLinkDelegate) {
    self.delegate = delegate
    connect()
  }

  /// Gives up the connection; whatever still waits fails.
  public func close() {
    outage.forget(self)
    perform(state.close(), reason: "the sidecar is stopping")
    discardConnection()
    delegate = nil
  }

  // MARK: Commands on their way out

  /// Hands over a command; its reply, or failure, goes to the delegate with the same context.
  ///
  /// - Parameters:
  ///   - context: the caller's own number for the command, or `nobody`.
  ///   - resend: what may be done with it when the connection is lost.
  ///   - payload: at least as many bytes as the command's arguments have together.
  ///   - arguments: at least as many as it has arguments.
  ///   - encode: writes the command, exactly one.
  public func submit(
    context: UInt64, resend: Resend, payload: Int, arguments: Int,
    _ encode: (inout RESPCommandWriter) -> Void
  ) {
    guard state.phase != .down, state.phase != .closed else {
      refuse(.unavailable(downReason ?? "Redis can't be reached"), context)
      return
    }
    guard queue.count < target.inFlightCommands, queue.bytes < target.inFlightBytes else {
      counters.refused &+= 1
      refuse(.full, context)
      return
    }
    if !isFlushScheduled { scheduleFlush() }
    queue.append(context: context, resend: resend, deadline: tickDeadline) {
      $0.writeCommand(payload: payload, arguments: arguments, encode)
    }
  }

  /// How often something was handed to the socket: what was submitted since the last time was not sent.
  public var sendings: UInt64 { queue.sendings }

  /// Lets a command go that nobody waits for any more, if it was not sent.
  ///
  /// - Parameters:
  ///   - ticket: the low half of the command's context.
  ///   - sendings: what `sendings` was when it was submitted.
  /// - Returns: whether it will not run. It fails some time later, by the same context.
  public func withdraw(ticket: UInt32, since sendings: UInt64) -> Bool {
    queue.withdraw(ticket: ticket, since: sendings)
  }

  private func refuse(_ failure: RedisFailure, _ context: UInt64) {
    guard context != Self.nobody else { return }
    delegate?.failed(failure, for: context)
  }

  /// Told last of all that is done at a time: what a failure leads to stands behind what is sent again.
  private func refuse(_ failed: [CommandQueue.Failed]) {
    for (failure, context) in failed { refuse(failure, context) }
  }

  /// Writes what the tick has gathered.
  func flush() {
    guard state.phase == .ready, let connection, connection.isWritable else { return }
    let withdrawn = queue.dropWithdrawn()
    while connection.isWritable {
      let isAllAnswered = queue.isAllAnswered
      guard let bytes = queue.takeUnsent() else { break }
      patience.sent(bytes.readableBytes, isOwedMore: !isAllAnswered)
      connection.write(bytes)
    }
    guard !withdrawn.isEmpty else { return }
    refuse(withdrawn)
    finishedBurst()
  }

  /// Has this tick of the loop end with a flush.
  private func scheduleFlush() {
    isFlushScheduled = true
    tickDeadline = .now() + target.commandTimeout
    loop.assumeIsolated().execute {
      self.isFlushScheduled = false
      self.flush()
    }
    scheduleCheck()
  }

  // MARK: Replies on their way in

  /// Takes replies, each of which answers the oldest command, up to one that somebody waits for.
  ///
  /// - Returns: the context of that one's command; nil when no more have arrived.
  func nextAnswer(on connection: RedisConnection) -> UInt64? {
    while connection.next() {
      guard let command = queue.popFirst() else {
        disconnected(.protocolError, "Redis sent a reply that nobody waits for")
        return nil
      }
      if connection.reply.first.kind == .error {
        if refused(command, connection.reply) { continue }
      } else if readOnly.isSeen, command.isWrite {
        readOnly.tookWrite()
      }
      refuse(queue.settle(command))
      if queue.hasRefused { sendRefusedAgain() }
      guard command.context != Self.nobody else { continue }
      wasAnsweredAgain = command.wasResent
      return command.context
    }
    return nil
  }

  /// Deals with an error that says that a command did not run, and that it may run yet.
  ///
  /// - Returns: whether it was one.
  private func refused(_ command: InFlightCommand, _ error: borrowing RESPReply) -> Bool {
    let text = error.text(of: error.first)
    if text.hasPrefix("NOSCRIPT") {
      // The scripts were flushed (SCRIPT FLUSH), or it is another server.
      guard command.scriptLoads < Self.mostScriptLoads else { return false }
      var command = command
      command.scriptLoads &+= 1
      queue.refuse(command, needsOtherServer: false)
    } else if ReadOnlyServer.isMeant(by: text) {
      refusedWrite(command)
    } else {
      return false
    }
    sendRefusedAgain()
    return true
  }

  /// The server has become a replica: the address may lead to another one by now.
  private func refusedWrite(_ command: InFlightCommand) {
    let isWorthAnother = readOnly.refusedWrite(now: .now()) || queue.needsOtherServer
    var command = command
    guard isWorthAnother, !command.wasRefusedReadOnly else {
      refuse(queue.settle(command))
      return refuse(.readOnly, command.context)
    }
    command.wasRefusedReadOnly = true
    queue.refuse(command, needsOtherServer: true)
  }

  /// Sends again what Redis did not run, once all has been answered that was sent behind it.
  private func sendRefusedAgain() {
    guard queue.hasRefused, queue.isAllAnswered else { return }
    if queue.needsOtherServer {
      delegate?.becameReadOnly()
      return disconnected(.readOnly, "it takes no writes any more: it is a replica now")
    }
    counters.resent &+= UInt64(queue.refusedCount)
    refuse(queue.restoreRefused(loading: scripts))
    scheduleCheck()
    if !isFlushScheduled { scheduleFlush() }
  }

  /// How often one command has the scripts loaded. They can be flushed again between their loading
  /// and the command; a server that never keeps them must not be asked for ever.
  private static let mostScriptLoads: UInt8 = 8

  /// The context of commands that nobody waits for: neither reply nor failure is handed on.
  public static let nobody = UInt64.max

  // MARK: Connecting

  private func connect() {
    guard
      let connection = RedisConnection(
        on: loop, to: target, scripts: scripts, previous: lastIdentity, owner: self)
    else { return disconnected(.protocolError, "no memory for a reader") }
    self.connection = connection
    connection.connect()
  }

  /// A write of a lost connection may still be waiting in Redis' buffer, and could then run after
  /// what is sent now; without a fence it must not be sent again.
  private func refuseUnfencedWrites() {
    sift(now: .now()) { command, _ in
      !(command.wasResent && command.resend == .idempotentWrite)
    }
  }

  // MARK: Losing the connection

  /// The connection is of no use any more, or did not come about.
  private func disconnected(_ cause: LossCause, _ reason: String) {
    guard state.phase != .closed else { return }
    let wasReady = state.phase == .ready
    discardConnection()
    counters.losses[cause.rawValue] &+= 1
    if wasReady { outage.lost(self, reason) } else { outage.failed(self, reason) }
    perform(state.lost(), reason: reason)
    finishedBurst()
  }

  private func discardConnection() {
    connection?.discard()
    connection = nil
  }

  private func perform(_ action: RedisLinkState.Action, reason: String) {
    switch action {
    case .none:
      break
    case .connect:
      keepWhatMayBeResent()
      connect()
    case .send:
      flush()
    case .refuseAndRetry(let longest):
      downReason = reason
      refuseAll(reason)
      let wait = TimeAmount.nanoseconds(Int64.random(in: 0...max(longest.nanoseconds, 0)))
      loop.assumeIsolated().scheduleTask(in: wait) {
        guard self.state.phase == .down, self.connection == nil else { return }
        self.connect()
      }
    case .refuse:
      downReason = reason
      refuseAll(reason)
    }
  }

  /// Sends again, once, what may be sent again, and whatever was not sent at all.
  private func keepWhatMayBeResent() {
    sift(now: .now()) { command, wasSent in
      guard wasSent || command.wasResent else { return true }
      return command.resend != .write && !command.wasResent
    }
  }

  private func refuseAll(_ reason: String) {
    sift(now: .now(), reason: reason) { _, _ in false }
  }

  private func sift(
    now: NIODeadline, reason: String = "the connection to Redis was lost",
    keeping isKept: (_ command: InFlightCommand, _ wasSent: Bool) -> Bool
  ) {
    let (failed, resent) = queue.sift(now: now, reason: reason, keeping: isKept)
    counters.resent &+= resent
    refuse(failed)
  }

  // MARK: Patience

  /// Looks after a while how the commands are getting on, and again as long as there are some.
  private func scheduleCheck(at time: NIODeadline? = nil) {
    guard !isTimerScheduled else { return }
    isTimerScheduled = true
    let time = time ?? .now() + patience.interval
    loop.assumeIsolated().scheduleTask(deadline: time) {
      self.isTimerScheduled = false
      self.checkPatience(plannedAt: time)
    }
  }

  /// Gives up the connection when Redis does nothing, and commands that could not be sent in time.
  private func checkPatience(plannedAt time: NIODeadline) {
    guard queue.count > 0 else { return }
    let now = NIODeadline.now()
    guard let connection, state.phase == .ready else {
      // Waiting for a connection: those whose time has passed fail, the others go on waiting.
      if let oldest = queue.nextDeadline, oldest <= now {
        sift(now: now) { _, _ in true }
        finishedBurst()
      }
      return checkAgain(at: now + patience.interval)
    }
    // What the loop itself has held up is sent first.
    flush()
    let sight = queue.oldestSent.map {
      LinkPatience.Sight(
        owed: queue.sentBytes, oldest: $0.length, deadline: $0.deadline,
        untaken: connection.untakenBytes, hasUnread: connection.hasUnread)
    }
    switch patience.judge(sight, now: now, plannedAt: time) {
    case .dead:
      // A late reply would answer the next command: the connection goes with the command.
      disconnected(.commandTimeout, "Redis did not answer in time")
      checkAgain(at: now + patience.interval)
    case .patient(let next):
      expireUnsent(now: now)
      checkAgain(at: min(next, queue.nextUnsentDeadline ?? next))
    }
  }

  private func checkAgain(at time: NIODeadline) {
    // Whatever is late already is looked at after a while, not over and over.
    if queue.count > 0 { scheduleCheck(at: max(time, .now() + patience.shortestInterval)) }
  }

  private func expireUnsent(now: NIODeadline) {
    guard queue.hasRefused || queue.nextUnsentDeadline.map({ $0 <= now }) == true else { return }
    let failed = queue.expireUnsent(now: now)
    guard !failed.isEmpty else { return }
    refuse(failed)
    flush()
    finishedBurst()
  }
}

extension RedisLink: RedisConnectionOwner {
  func connectionIsReady(isFenced: Bool, identity: RedisGreeting.Identity, facts: RedisFacts) {
    lastIdentity = identity
    if !isFenced { refuseUnfencedWrites() }
    downReason = nil
    patience.began()
    outage.ended(self, address: target.address)
    delegate?.connected(facts)
    perform(state.becameReady(), reason: "")
  }

  func connectionIsWritable() { flush() }

  func receivedReplies(on connection: RedisConnection) {
    patience.read()
    delegate?.received(RedisAnswers(to: self, on: connection))
  }

  func finishedBurst() { delegate?.finishedBurst() }

  func connectionLost(_ cause: LossCause, _ reason: String) { disconnected(cause, reason) }
}
