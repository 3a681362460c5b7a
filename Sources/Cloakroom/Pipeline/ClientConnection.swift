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

  /// What it listens to, by the names that its client knows.
  var subscriptions: [String: any NoticeSource] = [:]
  /// What its subscriptions hold together.
  let subscriberAccount: SubscriberAccount
  /// Those of them that have something to write and found no room, each once.
  private var waiting: [any NoticeSource] = []
  private var lastSubscription: UInt64 = 0

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
  /// Whether the channel still has bytes that the socket did not take.
  private var isClogged = false
  private var isReading = true
  private var isProcessing = false
  /// Whether bytes have been read that were not looked at yet; they are before the tick of the loop ends.
  private var hasArrived = false
  /// Whether something has arrived that there was no room for.
  private var isHeldBack = false
  /// How many of its calls the next ones have to wait for.
  private var pauses = 0
  /// The members of a batch that wait for one of them.
  private var heldBatch: BatchRest?

  /// - Parameters:
  ///   - groups: the peer's supplementary groups.
  ///   - nothing: an empty buffer that no other loop has.
  init(
    id: UInt64, peer: Peer, groups: [UInt32], handler: any FrameHandler,
    owner: any ConnectionOwner, burst: Burst, nothing: ByteBuffer
  ) {
    self.id = id
    self.peer = peer
    self.groups = groups
    self.handler = handler
    self.owner = owner
    self.burst = burst
    lastActive = burst.now()
    subscriberAccount = SubscriberAccount(
      waitingLimit: burst.limits.unreadReplyBytes,
      patternLimit: burst.limits.patternBytesPerConnection)
    decoder = FrameDecoder(frameLimit: burst.limits.frameBytes, nothing: nothing)
  }

  /// How many bytes of replies were not sent yet.
  private var outputBytes: Int { output?.readableBytes ?? 0 }

  /// Whether it is connected.
  var isOpen: Bool { context != nil }

  /// Whether nothing is in flight and no reply waits to be read.
  var isIdle: Bool { !hasCalls && outputBytes == 0 && !isClogged }

  /// Whether calls are in flight, or members of a batch wait for one that is.
  var hasCalls: Bool { inFlight > 0 || heldBatch != nil }

  // MARK: Coming and going

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    socket = ReplySocket(of: context.channel)
  }

  func channelActive(context: ChannelHandlerContext) {
    // Not before: only a channel that was active tells when it no longer is.
    owner.opened(self)
    // It was accepted just before the sidecar stopped listening.
    if owner.isDraining { drain() }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    // Said before it left.
    processArrived()
    self.context = nil
    socket = nil
    output = nil
    http = nil
    heldBatch = nil
    for call in procedures.all { call.end() }
    for subscription in subscriptions.values { subscription.end() }
    waiting = []
    for command in closing.values { owner.takeBack(by: command) }
    closing = [:]
    owner.closed(self)
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
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A reset, or a write to a client that left: there is nobody to tell.
    context.close(promise: nil)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed {
      // The client has said all it wanted and waits for the answers.
      processArrived()
      isInputClosed = true
      // A last text needs no line break, and has a burst of its own.
      if !isDraining, decoder.isWithinText, !hasArrived {
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
    processArrived()
    isDraining = true
    for call in procedures.all { call.drain() }
    for subscription in subscriptions.values { subscription.drain() }
    closeIfDone()
  }

  /// Closes at once.
  func close() { context?.close(promise: nil) }

  private func closeIfDone() {
    // A client that says no more may still listen.
    guard isIdle, !hasArrived else { return }
    if let http {
      if http.isOver || (isDraining || isInputClosed) && !http.isBusy { close() }
      return
    }
    if isDraining || isInputClosed && subscriptions.isEmpty { close() }
  }

  // MARK: Bytes in

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isDraining else { return }
    // One piece after the other: two would have to be copied into one.
    processArrived()
    // The piece before has shown that it is HTTP: what takes that apart stands before this by now.
    guard http == nil else { return context.pipeline.syncOperations.fireChannelRead(data) }
    decoder.append(unwrapInboundIn(data))
    hasArrived = true
    lastActive = burst.bytesArrived(at: self)
  }

  /// Starts the calls in what has been read.
  func processArrived() {
    guard hasArrived else { return }
    hasArrived = false
    process()
    adjustReading()
    if isInputClosed { closeIfDone() }
  }

  private var mayRead: Bool {
    inFlight < burst.limits.inFlightPerConnection && pauses == 0 && outputBytes == 0 && !isClogged
      && !isDraining && http?.isFull != true
  }

  /// So many bytes of replies are gathered before they are sent: a burst of short requests for long
  /// values would otherwise take any amount of memory.
  private static let gatheredBytes = 1 << 20

  /// Whether there is room for one more call, among those under way and among the replies.
  private var mayStart: Bool {
    inFlight < burst.limits.inFlightPerConnection && pauses == 0
      && outputBytes < Self.gatheredBytes
  }

  // MARK: Calls that the next ones wait for

  /// Whether the next call has to wait for one that is under way.
  var hasPausedCalls: Bool { pauses > 0 }

  /// Has the next calls wait until `resumeCalls`, as often as it was called: they may touch what the call that is
  /// under way has still to do.
  func pauseCalls() { pauses += 1 }

  /// Lets the next calls begin, at the end of this burst.
  func resumeCalls() {
    pauses -= 1
    guard pauses == 0 else { return }
    if heldBatch != nil { isHeldBack = true }
    markDirty()
  }

  /// Keeps the rest of a batch until its calls may begin.
  func hold(_ rest: BatchRest) {
    guard context != nil else { return }
    heldBatch = rest
  }

  /// Goes on with a batch whose calls had to wait.
  ///
  /// - Returns: whether there was one.
  private func receiveHeldBatch() -> Bool {
    guard let rest = heldBatch.take() else { return false }
    handler.receive(rest, from: self)
    return true
  }

  /// Stops reading where there is no room for more calls, and takes it up again where there is.
  private func adjustReading() {
    guard isReading != mayRead, let options = context?.channel.syncOptions else { return }
    isReading.toggle()
    // It fails only for a channel that is closed.
    try? options.setOption(.autoRead, value: isReading)
  }

  /// Starts calls, as long as there is one, and room for more in flight.
  private func process() {
    // Answers given on the spot come back here; the loop below goes on with what they made room for.
    guard !isProcessing else { return }
    isProcessing = true
    defer { isProcessing = false }
    isHeldBack = false
    if http != nil { return processHTTP() }
    while true {
      guard mayStart else {
        isHeldBack = true
        break
      }
      if receiveHeldBatch() { continue }
      guard let frame = decoder.next() ?? (isInputClosed ? decoder.finish() : nil) else { break }
      if decoder.framing == .headers, encoder.framing == .lines { encoder = FrameEncoder(.headers) }
      switch consume frame {
      case .text(let text):
        handler.receive(text, from: self)
      case .tooLarge(let limit, let beginning):
        let error = RPCError(
          .tooLarge, "a request has at most \(limit) bytes", limit: .frameSize)
        handler.refuse(
          error, RequestID(beginning: beginning.readableBytesSpan), from: self)
      case .malformed(let why):
        handler.refuse(RPCError(.parseError, why), RequestID(), from: self)
        isInputClosed = true
        isDraining = true
      }
    }
    if decoder.framing == .http { return becomeHTTP() }
    if inFlight >= burst.limits.inFlightPerConnection { burst.observer.limitBit(.inFlight) }
  }

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
      try pipeline.addHandler(
        ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
        position: .before(self))
      try pipeline.addHandler(gateway, position: .before(self))
    } catch {
      return close()
    }
    pipeline.fireChannelRead(NIOAny(bytes))
    pipeline.fireChannelReadComplete()
  }

  /// The gateway has read something.
  func httpArrived() {
    guard !isDraining, !hasArrived else { return }
    hasArrived = true
    lastActive = burst.bytesArrived(at: self)
  }

  /// Makes the calls of requests that have been read, one after the other.
  private func processHTTP() {
    while let http {
      guard !http.isOver, mayStart else {
        isHeldBack = true
        break
      }
      if heldBatch != nil {
        http.handOver { _ = receiveHeldBatch() }
        continue
      }
      guard http.makeNext({ handler.receive($0, from: self) }) else {
        isHeldBack = http.isBusy
        break
      }
    }
  }

  /// Writes something of HTTP.
  func writeHTTP(_ write: (inout ByteBuffer) -> Void) {
    guard context != nil else { return }
    var buffer = output.take() ?? burst.takeBuffer()
    write(&buffer)
    output = consume buffer
    markDirty()
  }

  // MARK: Replies out

  /// A call has been started.
  func began() { inFlight += 1 }

  /// A call has ended; its reply, if it gets one, has been written.
  func ended() {
    inFlight -= 1
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
      var text = ByteBuffer()
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
    if isHeldBack, mayStart { process() }
    adjustReading()
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
    isClogged = true
    // A handler is called on its channel's loop, and the write's future is of that loop: this can't
    // be anywhere else.
    context.writeAndFlush(wrapOutboundOut(rest)).assumeIsolated().whenSuccess {
      self.isClogged = false
      self.flush()
      self.burst.finish()
    }
  }
}
