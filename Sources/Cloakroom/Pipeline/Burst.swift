internal import CloakroomCore
internal import CloakroomObservability
internal import DequeModule
internal import NIOCore

/// A connection, as a burst sees it.
protocol BurstMember: RunQueueMember {
  /// Its bytes are looked at now.
  func takeArrived()
  /// Sends what has been written.
  func flush()
}

/// What one event loop does in one go: it reads what all sockets have, starts calls, then sends all
/// commands and replies. Nothing is flushed before the end of it. Calls that there was no time for are started
/// when the loop has looked at its sockets again.
final class Burst {
  let loop: any EventLoop
  let limits: Configuration.Limits
  let observer: LoopObserver
  /// Those whose bytes have been read in this tick of the loop.
  private var arrived: [any BurstMember] = []
  /// Those with replies to be sent, or room for more calls.
  private var dirty: [any BurstMember] = []
  private var spareBuffers: [ByteBuffer] = []
  /// Who starts calls next.
  let runQueue = RunQueue { NIODeadline.now().uptimeNanoseconds }
  /// What is to be done when the loop has looked at its sockets again.
  private var afterInput = Deque<() -> Void>()
  /// Whether the loop has been asked to do it.
  private var isTurnAsked = false
  /// Whether the run queue goes on then.
  private var goesOn = false

  /// When the tick of the loop began in which bytes are being worked on.
  private(set) var start: UInt64 = 0
  /// When the store's replies arrived that are being worked on; 0 when none is.
  private var replyTime: UInt64 = 0
  /// What is known of the message that is being told.
  var envelopes = EnvelopeReader()

  init(on loop: any EventLoop, limits: Configuration.Limits, observer: LoopObserver) {
    self.loop = loop
    self.limits = limits
    self.observer = observer
  }

  // MARK: Time

  /// Nanoseconds of a clock that never goes back.
  func now() -> UInt64 { NIODeadline.now().uptimeNanoseconds }

  /// When the store's replies of this burst arrived: the clock is not asked for each of them.
  func timeOfReplies() -> UInt64 {
    if replyTime == 0 { replyTime = now() }
    return replyTime
  }

  // MARK: From bytes to flushed replies

  /// Has a connection's bytes looked at when this tick of the loop has read what all its sockets have.
  ///
  /// Not between two reads: the code of a read, the kernel's included, and that of a call do not fit
  /// into a core's first cache together, and drive each other out of it with each connection.
  ///
  /// - Returns: when the tick began, for all of its connections and calls: what the loop finds when it
  ///   wakes up has arrived together, and has waited since then.
  func bytesArrived(at member: any BurstMember) -> UInt64 {
    arrived.append(member)
    guard arrived.count == 1 else { return start }
    start = now()
    // On the loop already: only channels of this loop call this, from their reads, and NIO checks that
    // each time.
    loop.assumeIsolated().execute { self.processArrived() }
    return start
  }

  private func processArrived() {
    var index = 0
    while index < arrived.count {
      arrived[index].takeArrived()
      runQueue.add(arrived[index])
      index += 1
    }
    arrived.removeAll(keepingCapacity: true)
    finish()
  }

  /// A connection may start calls; outside of a burst, or in one.
  func callsWait(at member: any BurstMember) {
    runQueue.add(member)
    goOnLater()
  }

  /// So long the loop looks at its sockets before it goes on with what is left.
  private static let inputTime = TimeAmount.microseconds(20)

  /// Has something done once the loop has looked at its sockets again. It is little: what takes longer asks again.
  func afterInput(_ body: @escaping () -> Void) {
    afterInput.append(body)
    askForTurn()
  }

  /// What a task gives the loop to do is done before the loop looks at its sockets, and so is what is due when the
  /// task ends. So a task that does nothing else begins the time, however short, in which it does look.
  private func askForTurn() {
    guard !isTurnAsked, !afterInput.isEmpty else { return }
    isTurnAsked = true
    // On the loop already: only what runs there asks for this, whatever a peer sends, and NIO checks that each time.
    let loop = loop.assumeIsolated()
    loop.execute { loop.scheduleTask(in: Self.inputTime) { self.takeTurn() } }
  }

  private func takeTurn() {
    isTurnAsked = false
    // What comes up meanwhile is for the next one.
    var left = afterInput.count
    let budget = TurnBudget()
    while left > 0, let body = afterInput.popFirst() {
      left -= 1
      body()
      if budget.isOver() { break }
    }
    finish()
    askForTurn()
  }

  /// Has a connection flushed at the end of the burst; once for each time that it has been.
  func markDirty(_ member: any BurstMember) { dirty.append(member) }

  /// Ends the burst: starts the calls that there is room for now, sends its replies, each connection's together,
  /// and hands its records to the log.
  func finish() {
    guard !runQueue.isRunning else { return }
    replyTime = 0
    flushDirty()
    if !runQueue.isEmpty { startCalls() }
    observer.flush()
  }

  private func startCalls() {
    runQueue.beginTurn()
    while !runQueue.isEmpty {
      guard runQueue.hasTime else { return goOnLater() }
      // What the store in memory answers to the next connection, it answers later.
      runQueue.run { replyTime = 0 }
      // What was answered may have made room for more.
      flushDirty()
    }
  }

  private func flushDirty() {
    // Flushing a connection may give it, or another one, more to send.
    var index = 0
    while index < dirty.count {
      dirty[index].flush()
      index += 1
    }
    if index > 0 { dirty.removeAll(keepingCapacity: true) }
  }

  private func goOnLater() {
    guard !goesOn else { return }
    goesOn = true
    afterInput { self.goesOn = false }
  }

  // MARK: Buffers

  /// A buffer for replies. They are kept here and not with the connections, so that a connection
  /// that is idle holds none.
  func takeBuffer() -> ByteBuffer { spareBuffers.popLast() ?? ByteBuffer() }

  /// Takes a buffer back whose bytes have been handed to the socket. Where another holder still has it,
  /// `clear` leaves it to them and takes new memory.
  func giveBack(_ buffer: consuming ByteBuffer) {
    guard spareBuffers.count < 256, buffer.capacity <= 64 * 1024 else { return }
    buffer.clear()
    spareBuffers.append(buffer)
  }

  /// Writes a reply that is not sent: the log and the metrics still tell how the call went.
  ///
  /// - Returns: how many bytes were sent, none.
  func discard(_ write: (inout ByteBuffer) -> Void) -> Int {
    var unsent = takeBuffer()
    write(&unsent)
    giveBack(consume unsent)
    return 0
  }
}
