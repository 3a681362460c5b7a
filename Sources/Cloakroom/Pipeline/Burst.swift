internal import CloakroomCore
internal import CloakroomObservability
internal import NIOCore

/// A connection, as the end of a burst sees it.
protocol BurstMember: AnyObject {
  /// Starts the calls in what has been read.
  func processArrived()
  /// Sends what has been written.
  func flush()
}

/// What one event loop does in one go: it reads what all sockets have, starts all calls, then sends all
/// commands and replies. Nothing is flushed before the end of it.
final class Burst {
  let loop: any EventLoop
  let limits: Configuration.Limits
  let observer: LoopObserver
  /// Those whose bytes have been read in this tick of the loop.
  private var arrived: [any BurstMember] = []
  /// Those with replies to be sent, or room for more calls.
  private var dirty: [any BurstMember] = []
  private var spareBuffers: [ByteBuffer] = []

  /// When the tick of the loop began in which bytes are being worked on.
  private(set) var start: UInt64 = 0
  /// When the store's replies arrived that are being worked on; 0 when none is.
  private var replyTime: UInt64 = 0
  /// What is known of the messages of this burst.
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
      arrived[index].processArrived()
      // What the store in memory answers to the next connection, it answers later.
      replyTime = 0
      index += 1
    }
    arrived.removeAll(keepingCapacity: true)
    finish()
  }

  /// Has a connection flushed at the end of the burst; once for each time that it has been.
  func markDirty(_ member: any BurstMember) { dirty.append(member) }

  /// Ends the burst: sends its replies, each connection's together, and hands its records to the log.
  func finish() {
    replyTime = 0
    // Flushing a connection may give it, or another one, more to send.
    var index = 0
    while index < dirty.count {
      dirty[index].flush()
      index += 1
    }
    if index > 0 { dirty.removeAll(keepingCapacity: true) }
    envelopes.forget()
    observer.flush()
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
