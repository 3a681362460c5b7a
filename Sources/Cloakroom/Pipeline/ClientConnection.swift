internal import CloakroomCore
internal import CloakroomObservability
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore
internal import NIOHTTP1

/// One client's connection: its bytes on their way in, its replies on their way out, and the limits
/// that keep it from taking more than its share.
final class ClientConnection: ChannelInboundHandler, BurstMember {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Which connection of this run it is.
  let id: UInt64
  /// Who is at the other end.
  let peer: Peer
  /// The peer's supplementary groups.
  let groups: [UInt32]
  /// The service that it acts for; nil when the policy has none for it.
  private(set) var identity: ServiceIdentity?
  /// The service that the client has asked for by name.
  private var chosenService: String?
  /// When bytes last arrived, in nanoseconds of the loop's clock.
  private(set) var lastActive: UInt64

  /// Its calls that take several steps, or wait.
  var procedures = ConnectionCalls()
  /// What is to be done in the store when it closes.
  private var closing: [StoreKey: StoreCommand] = [:]

  /// What it has the sidecar hold.
  private let memory: ConnectionMemory
  /// The replies that the channel has, as the socket did not take them.
  private var clogged: ByteBuffer?
  /// The replies that nobody reads any more.
  private var unread: [ByteBuffer] = []

  /// What it listens to, by the names that its client knows.
  var subscriptions: [String: any NoticeSource] = [:]
  /// What its subscriptions hold together.
  let subscriberAccount: SubscriberAccount
  /// Those of them that have something to write and found no room, each once.
  private var waiting: [any NoticeSource] = []
  private var lastSubscription: UInt64 = 0

  /// Its peer's share of the way to the store.
  let share: PeerShare
  /// Whether it waits for its turn to start calls.
  var isReady = false

  private let handler: any FrameHandler
  private let owner: any ConnectionOwner
  private let burst: Burst
  private var decoder: FrameDecoder
  private var encoder = FrameEncoder(.lines)
  /// What stands between it and a client that speaks HTTP; nil for all others.
  private var http: HTTPGateway?
  /// The replies that were not sent yet; nil when there is none, so that an idle connection has no
  /// buffer.
  private var output: ByteBuffer?
  private var context: ChannelHandlerContext?
  private var socket: ReplySocket?
  /// How many of its calls have not been answered.
  private(set) var inFlight = 0
  /// How many of them read records without a turn in their queues.
  var readsOut = 0
  private var isDirty = false
  private var isInputClosed = false
  private var isDraining = false
  private var isReading = true
  /// The batch whose members are being started.
  private var batch: BatchMembers?
  /// A request for which there was no room in its peer's share; the one of a batch is still there.
  private var heldRequest: ByteBuffer?
  /// Whether there was none for the last one.
  private var isHeldByShare = false
  /// Whether bytes have been read that were not looked at yet; they are before the tick of the loop ends.
  private var hasArrived = false
  /// Whether something has arrived that there was no room for.
  private var isHeldBack = false
  /// How many of its calls have to be over before others start.
  private var pauses = 0
  /// Whether its client is gone, but not all that it has said was started.
  private var isLeaving = false

  /// - Parameters:
  ///   - groups: the peer's supplementary groups.
  ///   - share: the peer's share of the way to the store.
  ///   - nothing: an empty buffer that no other loop has.
  init(
    id: UInt64, peer: Peer, groups: [UInt32], share: PeerShare, handler: any FrameHandler,
    owner: any ConnectionOwner, burst: Burst, memory: ConnectionMemory, nothing: ByteBuffer
  ) {
    self.id = id
    self.peer = peer
    self.groups = groups
    self.share = share
    self.handler = handler
    self.owner = owner
    self.burst = burst
    self.memory = memory
    lastActive = burst.now()
    subscriberAccount = SubscriberAccount(
      waitingLimit: burst.limits.unreadReplyBytes,
      patternLimit: burst.limits.patternBytesPerConnection)
    decoder = FrameDecoder(frameLimit: burst.limits.frameBytes, nothing: nothing)
  }

  /// How many bytes of replies were not sent yet.
  private var outputBytes: Int { output?.readableBytes ?? 0 }

  /// Whether the channel still has bytes that the socket did not take.
  private var isClogged: Bool { clogged != nil }

  /// Whether it is connected.
  var isOpen: Bool { context != nil }

  /// Whether nothing is in flight and no reply waits to be read.
  var isIdle: Bool { inFlight == 0 && outputBytes == 0 && !isClogged && !hasBacklog }

  /// Whether something has arrived that was not started.
  private var hasBacklog: Bool { hasArrived || isReady || isHeldBack || hasUnstarted }

  // MARK: Coming and going

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    socket = ReplySocket(of: context.channel)
  }

  func channelActive(context: ChannelHandlerContext) {
    // Not before: only a channel that was active tells when it no longer is. Strong, and let go in `leaveIfDone`: a
    // weak one would make each use of the connection's count slower.
    memory.onDrop = { self.drop() }
    owner.opened(self)
    // It was accepted just before the sidecar stopped listening.
    if owner.isDraining { drain() }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    socket = nil
    unread = [output.take(), clogged.take()].compactMap(\.self)
    http?.leave()
    isLeaving = true
    // What it has said before it left is done first.
    if isHeldBack { burst.callsWait(at: self) }
    leaveIfDone()
  }

  private func leaveIfDone() {
    guard isLeaving, !hasBacklog else { return }
    isLeaving = false
    http = nil
    decoder.discard()
    // What may be under way in the store is ended now; thousands that only wait would hold the loop up.
    for call in procedures.all where !call.isParked { call.end() }
    waiting = []
    for command in closing.values { owner.takeBack(by: command) }
    closing = [:]
    owner.closed(self)
    if hasLeft { owner.endLater(self) }
    settle()
  }

  /// So many calls and subscriptions of a connection that is gone are ended in one turn of the loop.
  private static let endsInTurn = 64

  /// Whether something is left of it, when it is gone, that may take long to end.
  private var hasLeft: Bool {
    !procedures.all.isEmpty || !subscriptions.isEmpty || !unread.isEmpty
  }

  /// Ends some of what is left of a connection that is gone. The system takes milliseconds to free replies of many
  /// megabytes.
  ///
  /// - Returns: whether there is more.
  func endSome() -> Bool {
    if unread.popLast() != nil {
      settle()
      return hasLeft
    }
    let left = procedures.all.count + subscriptions.count
    for call in procedures.all.suffix(Self.endsInTurn) { call.end() }
    for subscription in Array(subscriptions.values.prefix(Self.endsInTurn)) { subscription.end() }
    settle()
    let rest = procedures.all.count + subscriptions.count
    return rest > 0 && rest < left
  }

  // MARK: Memory

  /// What it has the sidecar hold.
  private var held: HeldBytes {
    HeldBytes(
      requests: memory.requestBytes + decoder.bufferedByteCount + (http?.heldBytes ?? 0)
        + (batch?.text.readableBytes ?? 0) + (heldRequest?.readableBytes ?? 0),
      replies: (output?.writerIndex ?? 0) + (clogged?.writerIndex ?? 0) + memory.gatheredBytes
        + unread.reduce(0) { $0 + $1.writerIndex },
      calls: inFlight * HeldBytes.perCall + procedures.heldBytes,
      subscriptions: subscriptions.count * HeldBytes.perSubscription
        + subscriberAccount.patternBytes,
      events: subscriberAccount.waitingBytes)
  }

  /// Whether it may have the sidecar hold more.
  func hasRoom(for bytes: Int) -> Bool {
    // What is little is added up at the end of the burst, as long as there is room.
    if bytes < ConnectionMemory.step, !memory.isLarge, memory.isRoomy { return true }
    let held = held
    let total = held.total + bytes
    if total <= ConnectionMemory.step { return !memory.isDropped }
    memory.settle(held)
    return memory.hasRoom(upTo: total)
  }

  /// Tells the account what it has the sidecar hold.
  private func settle() {
    if context == nil, inFlight == 0, unread.isEmpty { memory.close() } else { memory.settle(held) }
  }

  /// A batch's reply has grown, or is written.
  func gathered(_ bytes: Int) {
    memory.gathered(bytes)
    if bytes >= ConnectionMemory.step { settle() }
  }

  /// Closes it, as clients have the sidecar hold as much as it may, and it is the one to give way.
  private func drop() {
    guard context != nil else { return }
    owner.dropping(self, held)
    if outputBytes == 0, !isClogged, !isHTTP {
      handler.refuse(.closingForMemory, RequestID(), from: self)
      flush()
    }
    close()
    burst.finish()
  }

  // MARK: The service

  /// Gives the connection the service that its client asks for, as long as the policy allows it, else
  /// the first that the policy has for it.
  ///
  /// - Parameter name: the service that the client asks for from now on; nil is as before.
  /// - Returns: nil when the policy has no such service for it: all is as before.
  func assignService(_ name: String? = nil, by admission: Admission) -> ServiceIdentity? {
    let found = admission.identity(of: peer, groups: groups, named: name ?? chosenService)
    guard found != nil || name == nil else { return nil }
    identity = found
    if let name { chosenService = name }
    return found
  }

  /// Ends what the policy would not admit any more: calls that wait, and subscriptions.
  func review(_ refusal: (_ method: Int, _ service: String) -> RPCError?) {
    let tasks: [any ConnectionTask] = Array(subscriptions.values) + procedures.all
    for task in tasks {
      if let method = task.method, let error = refusal(method, task.service) { task.forbid(error) }
    }
  }

  // MARK: What ends with it

  /// So many commands can wait for the connection to close.
  static let closingLimit = 1024

  /// Has a command submitted when the connection closes, in the place of an earlier one of that name.
  func onClose(_ name: StoreKey, _ command: StoreCommand) throws(RPCError) {
    guard context != nil else { return owner.takeBack(by: command) }
    guard closing.count < Self.closingLimit || closing[name] != nil else {
      throw RPCError(
        .overloaded, "a connection has at most \(Self.closingLimit) things bound to it",
        limit: .boundToConnection)
    }
    closing[name] = command
  }

  /// Forgets what was to be submitted when the connection closes.
  func forgetOnClose(_ name: StoreKey) { closing[name] = nil }

  /// The only end that a channel has which is closed before it was active.
  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    socket = nil
    owner.removed(self)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A reset, or a write to a client that left: there is nobody to tell.
    context.close(promise: nil)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed {
      // The client has said all it wanted and waits for the answers. A last text needs no line break.
      isInputClosed = true
      if !isDraining, !hasArrived, decoder.isWithinText {
        hasArrived = true
        lastActive = burst.bytesArrived(at: self)
      }
      closeIfDone()
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  /// Takes no more calls, and closes as soon as those in flight are answered.
  func drain() {
    isDraining = true
    for call in procedures.all { call.drain() }
    for subscription in subscriptions.values { subscription.drain() }
    closeIfDone()
  }

  /// Closes at once.
  func close() { context?.close(promise: nil) }

  private func closeIfDone() {
    // A client that says no more may still listen.
    guard isIdle else { return }
    if let http {
      if http.isOver || (isDraining || isInputClosed) && !http.isBusy { close() }
      return
    }
    if isDraining || isInputClosed && subscriptions.isEmpty { close() }
  }

  // MARK: Bytes in

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isDraining else { return }
    decoder.append(unwrapInboundIn(data))
    guard !hasArrived else { return }
    // What comes while something waits for its turn comes as fast as that is started.
    if hasBacklog { return adjustReading() }
    hasArrived = true
    lastActive = burst.bytesArrived(at: self)
  }

  /// What has been read is looked at from now on.
  func takeArrived() { hasArrived = false }

  private var mayRead: Bool {
    !isReady && !isHeldBack && !hasUnstarted && inFlight < burst.limits.inFlightPerConnection
      && outputBytes == 0 && !isClogged
      && !isDraining && http?.isFull != true
  }

  /// So many bytes of replies are gathered before they are sent: a burst of short requests for long
  /// values would otherwise take any amount of memory.
  private static let gatheredBytes = 1 << 20

  /// Whether there is room for one more call, among those under way and among the replies.
  private var mayStart: Bool {
    inFlight < burst.limits.inFlightPerConnection && outputBytes < Self.gatheredBytes && !isClogged
      && pauses == 0
  }

  /// Has the next calls wait until `resumeCalls`, as often as it was called: they may touch what a call that is
  /// under way has still to do.
  func pauseCalls() { pauses += 1 }

  /// Lets the next calls begin.
  func resumeCalls() {
    pauses -= 1
    if isHeldBack, mayStart { burst.callsWait(at: self) }
  }

  /// Stops reading where there is no room for more calls, and takes it up again where there is.
  private func adjustReading() {
    guard isReading != mayRead, let options = context?.channel.syncOptions else { return }
    isReading.toggle()
    // It fails only for a channel that is closed.
    try? options.setOption(.autoRead, value: isReading)
  }

  func startCalls() -> StartedCalls {
    isHeldBack = false
    let outcome = startUntilHeld()
    settle()
    if outcome == .over {
      // One with replies is flushed before long, and looks for itself then.
      if !isDirty {
        adjustReading()
        closeIfDone()
      }
      leaveIfDone()
    }
    return outcome
  }

  private func startUntilHeld() -> StartedCalls {
    while true {
      guard mayStart else {
        isHeldBack = true
        if inFlight >= burst.limits.inFlightPerConnection { burst.observer.limitBit(.inFlight) }
        return .over
      }
      guard let bytes = startNext() else { return .over }
      if isHeldByShare {
        isHeldByShare = false
        burst.observer.limitBit(.peerShare)
        return .untilRoom
      }
      guard burst.runQueue.spend(bytes) else { return .untilTurn }
    }
  }

  /// Starts the next call.
  ///
  /// - Returns: how long its request is; nil when there is none.
  private func startNext() -> Int? {
    if let text = heldRequest.take() {
      let count = text.readableBytes
      handler.receive(text, from: self)
      if !hasUnstarted { http?.ended() }
      return count
    }
    if batch != nil { return startMember() }
    if let http {
      if let count = http.makeNext({ handler.receive($0, from: self) }) { return count }
      isHeldBack = http.isBusy
      return nil
    }
    guard let frame = decoder.next() ?? (isInputClosed ? decoder.finish() : nil) else {
      if decoder.framing == .http { becomeHTTP() }
      return nil
    }
    if decoder.framing == .headers, encoder.framing == .lines { encoder = FrameEncoder(.headers) }
    switch consume frame {
    case .text(let text):
      let count = text.readableBytes
      handler.receive(text, from: self)
      return count
    case .tooLarge(let limit, let beginning):
      let error = RPCError(.tooLarge, "a request has at most \(limit) bytes", limit: .frameSize)
      handler.refuse(error, RequestID(beginning: beginning.readableBytesSpan), from: self)
      return beginning.readableBytes
    case .malformed(let why):
      handler.refuse(RPCError(.parseError, why), RequestID(), from: self)
      isInputClosed = true
      isDraining = true
      return 0
    }
  }

  /// Has the members of a batch started, one after the other.
  func start(_ members: consuming BatchMembers) { batch = members }

  private func startMember() -> Int? {
    guard let member = batch?.next(), let all = batch else { return nil }
    // What is answered at once finds the batch started.
    if all.isOver { batch = nil }
    handler.receive(member, of: all, from: self)
    if isHeldByShare {
      batch = all
      batch?.stepBack()
    } else if all.isOver {
      http?.ended()
    }
    return member.count
  }

  /// Keeps a request until there is room in its peer's share.
  ///
  /// - Parameter text: the request; nil for a member of a batch.
  func hold(_ text: consuming ByteBuffer?) {
    isHeldByShare = true
    heldRequest = text
  }

  /// Whether something that was taken apart waits for being started.
  var hasUnstarted: Bool { heldRequest != nil || batch != nil }

  // MARK: HTTP

  /// Whether its client speaks HTTP, and can be told nothing that it has not asked for.
  var isHTTP: Bool { http != nil }

  /// Whether nothing more is taken from it.
  var isStopping: Bool { isDraining || context == nil }

  /// Lets NIO take the client's requests apart from now on.
  private func becomeHTTP() {
    guard let context, let bytes = decoder.takeRest() else { return }
    let gateway = HTTPGateway(self, bodyLimit: burst.limits.frameBytes)
    http = gateway
    encoder = FrameEncoder(.http)
    let pipeline = context.pipeline.syncOperations
    do {
      if let options = context.channel.syncOptions { try HTTPGateway.limitReading(by: options) }
      try pipeline.addHandler(
        ByteToMessageHandler(HTTPGateway.decoder()), position: .before(self))
      try pipeline.addHandler(gateway, position: .before(self))
    } catch {
      return close()
    }
    pipeline.fireChannelRead(NIOAny(bytes))
    pipeline.fireChannelReadComplete()
  }

  /// The gateway has read something.
  func httpArrived() {
    guard !isDraining, !hasBacklog else { return }
    hasArrived = true
    lastActive = burst.bytesArrived(at: self)
  }

  // MARK: Replies out

  /// A call has been started.
  ///
  /// - Parameter bytes: how long its request is.
  func began(_ bytes: Int) {
    inFlight += 1
    share.began(bytes, now: burst.runQueue.time)
    memory.began(bytes)
  }

  /// A call has ended; its reply, if it gets one, has been written.
  ///
  /// - Parameters:
  ///   - bytes: how long its request is.
  ///   - reply: how long its reply is; nil when the store was not asked.
  func ended(_ bytes: Int, reply: Int?) {
    inFlight -= 1
    share.ended(reply, now: burst.timeOfReplies())
    if let reply { burst.runQueue.wrote(reply) }
    burst.runQueue.roomMade(in: share)
    memory.ended(bytes)
    guard context != nil else {
      if isLeaving, isHeldBack { burst.runQueue.add(self) }
      return settle()
    }
    http?.ended()
    // Even a call without a reply may have made room, or been the last.
    markDirty()
  }

  /// Writes one reply.
  ///
  /// - Returns: how many bytes it takes, its frame counted.
  @discardableResult
  func reply(_ write: (inout ByteBuffer) -> Void) -> Int {
    guard context != nil else { return burst.discard(write) }
    if let http {
      var text = ByteBuffer(headRoom: replyHeadRoom)
      write(&text)
      let count = text.readableBytes
      http.reply(text)
      return count
    }
    var buffer = output.take() ?? burst.takeBuffer()
    let before = buffer.readableBytes
    let start = encoder.begin(in: &buffer)
    write(&buffer)
    encoder.end(start, in: &buffer)
    let count = buffer.readableBytes - before
    output = consume buffer
    markDirty()
    return count
  }

  /// How much room there is to be before a long reply, in bytes, so that it need not be copied.
  var replyHeadRoom: Int { encoder.framing == .lines ? 0 : 256 }

  /// Writes a reply that is there already, and may be long.
  func reply(_ text: consuming ByteBuffer) {
    guard context != nil else { return }
    if let http { return http.reply(text) }
    encoder.wrap(&text)
    write(text)
  }

  /// Writes what is framed already. What is long is not copied.
  func write(_ bytes: consuming ByteBuffer) {
    if let context, output != nil, bytes.readableBytes >= Self.gatheredNoticeBytes { send(context) }
    guard context != nil else { return }
    if output == nil { output = bytes } else { output?.writeImmutableBuffer(bytes) }
    markDirty()
  }

  // MARK: Notices out

  /// So many bytes of notices are gathered before they are sent. Past it they wait with their
  /// subscriptions, where those of all connections share their bytes.
  private static let gatheredNoticeBytes = 1 << 16

  /// A name for a subscription, never used twice.
  func nextSubscriptionName() -> String {
    lastSubscription += 1
    return "s\(lastSubscription)"
  }

  /// Whether a notice would be sent, and not wait for a slow reader.
  var takesNotices: Bool {
    context != nil && !isClogged && outputBytes < Self.gatheredNoticeBytes
  }

  /// Writes a notice.
  func notify(_ write: (inout ByteBuffer) -> Void) {
    guard let context else { return }
    reply(write)
    // Not at the end of the burst: a fast reader is not to be taken for a slow one.
    if outputBytes >= Self.gatheredNoticeBytes { send(context) }
  }

  /// Has a subscription flushed when there is room.
  func waits(_ subscription: any NoticeSource) {
    settle()
    guard context != nil, !subscription.isWaiting else { return }
    subscription.isWaiting = true
    waiting.append(subscription)
  }

  /// Lets subscriptions write what waits with them, in their order, as long as there is room.
  private func flushSubscriptions() {
    guard !waiting.isEmpty, takesNotices else { return }
    var rest: [any NoticeSource] = []
    swap(&rest, &waiting)
    for subscription in rest {
      subscription.isWaiting = false
      subscription.flush()
    }
  }

  private func markDirty() {
    guard !isDirty, context != nil else { return }
    isDirty = true
    burst.markDirty(self)
  }

  /// Sends what has been written, and takes up reading again where there is room.
  func flush() {
    isDirty = false
    guard let context else { return }
    if outputBytes > 0 { send(context) }
    flushSubscriptions()
    if isHeldBack, mayStart { burst.runQueue.add(self) }
    adjustReading()
    settle()
    closeIfDone()
  }

  private func send(_ context: ChannelHandlerContext) {
    guard !isClogged else {
      guard outputBytes > burst.limits.unreadReplyBytes else { return }
      // It asks and does not read: it alone is dropped.
      burst.observer.limitBit(.unreadReplies)
      context.close(promise: nil)
      return
    }
    guard var taken = output.take() else { return }
    switch socket?.send(&taken) ?? .full {
    case .sent: burst.giveBack(consume taken)
    case .full: pass(taken, to: context)
    case .failed: context.close(promise: nil)
    }
  }

  /// Leaves it to the channel to send what the socket has not taken, when there is room again.
  private func pass(_ rest: ByteBuffer, to context: ChannelHandlerContext) {
    // What was sent of it stays in memory until all was.
    clogged = rest
    // A handler is called on its channel's loop, and the write's future is of that loop: this can't
    // be anywhere else.
    context.writeAndFlush(wrapOutboundOut(rest)).assumeIsolated().whenSuccess {
      self.clogged = nil
      self.flush()
      self.burst.finish()
    }
  }
}
