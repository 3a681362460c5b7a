internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomRedis
internal import CloakroomStore
internal import CloakroomWire
internal import Glibc
internal import NIOCore

/// All that one event loop has of its own: its connections, its way to the store, its counters.
///
/// Bound to its loop: nothing in it is shared, so that a call meets no lock and no other thread
/// between its first byte and its reply's last.
final class Worker {
  let loop: any EventLoop
  let table: MethodTable
  let limits: Configuration.Limits
  /// What all names in the store begin with.
  let prefix: String
  let observer: LoopObserver
  let system: SystemHub
  /// Who may call what; replaced when the policy is read anew.
  var admission: Admission
  /// The way to the store.
  let store: any StoreLink
  /// The way to what other sidecars of the store tell.
  let bus: any BusLink
  /// Who listens to the bus, by their subscriptions.
  var listeners: [UInt32: any TopicListener] = [:]
  /// Those who listen to the same and are told one after the other.
  var lines = BellLines()
  /// The subscription that was last given out.
  var lastListener: UInt32 = 0
  /// Runs procedures on the loop. It has a strong reference back, which `stop` takes from it: every call
  /// counts references to the worker, and once there was a weak one that takes twice as long.
  private(set) lazy var executor = LoopExecutor(on: loop) { self.finishedBurst() }

  /// Tells events from other messages.
  var envelopes = EnvelopeCheck()
  /// Where `events.subscribe` and `events.publish` stand in the table.
  let subscribeMethod: Int?
  let publishMethod: Int?

  var batchScanner: BatchScanner
  var arguments: Arguments
  var calls = CallTable()
  /// How many withdrawals wait for the store to come back.
  var withdrawalsWaiting = 0
  /// When the tick of the loop began in which bytes are being worked on.
  var burstStart: UInt64 = 0
  /// When the store's replies came that are being worked on; 0 when none is.
  var replyTime: UInt64 = 0

  private var connections: [ObjectIdentifier: ClientConnection] = [:]
  /// Fulfilled when the last connection is gone; only while draining.
  private var allGone: EventLoopPromise<Void>?
  /// Whether no more calls are taken.
  var isDraining: Bool { allGone != nil }
  private var reported = StoreLinkCounters()
  private var reportedDrops: UInt64 = 0
  /// Those whose bytes have been read in this tick of the loop.
  private var arrived: [ClientConnection] = []
  /// Those with replies to be sent, or room for more calls.
  private var dirty: [ClientConnection] = []
  private var spareBuffers: [ByteBuffer] = []
  /// An empty buffer that no other loop has.
  let nothing: ByteBuffer

  init(
    loop: any EventLoop, configuration: Configuration, table: MethodTable, admission: Admission,
    observer: LoopObserver, system: SystemHub, store: any StoreLink,
    bus: any BusLink, tokens: TokenDesk
  ) {
    self.loop = loop
    self.table = table
    self.admission = admission
    self.observer = observer
    self.system = system
    self.store = store
    self.bus = bus
    subscribeMethod = table.names.firstIndex(of: "events.subscribe")
    publishMethod = table.names.firstIndex(of: "events.publish")
    limits = configuration.limits
    var buffer = ByteBuffer(integer: UInt8(0))
    buffer.clear()
    nothing = buffer
    prefix = configuration.keys.prefix
    batchScanner = BatchScanner(depthLimit: limits.depth, elementLimit: limits.batchLength)
    arguments = Arguments(
      settings: Settings(configuration, tokens: tokens), depthLimit: limits.depth,
      nothing: nothing)
    arguments.notes = CallNotes(isKept: observer.keepsAccessLog)
  }

  // MARK: Time

  /// Nanoseconds of a clock that never goes back.
  func now() -> UInt64 { NIODeadline.now().uptimeNanoseconds }

  /// The time of day at a moment of the loop's clock, in nanoseconds since 1970 (UTC).
  func wallClock(at uptime: UInt64) -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let nanoseconds = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    return nanoseconds - Int64(clamping: now() - min(uptime, now()))
  }

  // MARK: Connections

  /// Has a connection's bytes looked at when this tick of the loop has read what all its sockets have.
  ///
  /// Not between two reads: the code of a read, the kernel's included, and that of a call do not fit
  /// into a core's first cache together, and drive each other out of it with each connection. So all
  /// is read, then all calls are started, then commands and replies are sent.
  ///
  /// - Returns: when the tick began, for all of its connections and calls: what the loop finds when it
  ///   wakes up has arrived together, and has waited since then.
  func bytesArrived(at connection: ClientConnection) -> UInt64 {
    arrived.append(connection)
    guard arrived.count == 1 else { return burstStart }
    burstStart = now()
    // On the loop already: only channels of this worker's loop call this, from their reads, and NIO
    // checks that each time.
    loop.assumeIsolated().execute { self.processArrived() }
    return burstStart
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
    finishedBurst()
  }

  func opened(_ connection: ClientConnection) {
    connections[ObjectIdentifier(connection)] = connection
    assignService(to: connection)
    observer.count(.connectionsOpened)
  }

  func closed(_ connection: ClientConnection) {
    connections[ObjectIdentifier(connection)] = nil
    observer.count(.connectionsClosed)
    if connections.isEmpty { allGone?.succeed() }
  }

  /// Closes connections that have been silent for too long.
  private func closeIdle(after timeout: UInt64) {
    let now = now()
    for connection in connections.values where now - min(connection.lastActive, now) > timeout {
      guard connection.isIdle, connection.subscriptions.isEmpty else { continue }
      observer.limitBit(.idleTimeout)
      connection.close()
    }
  }

  // MARK: Beginning and ending

  /// Opens the way to the store.
  func start() {
    store.start(sink: self)
    bus.start(listener: self)
    guard let timeout = limits.idleTimeout else { return }
    let nanoseconds = TimeAmount(timeout).nanoseconds
    let interval = TimeAmount.nanoseconds(max(nanoseconds / 4, 1_000_000))
    let bound = NIOLoopBound(self, eventLoop: loop)
    loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
      bound.value.closeIdle(after: UInt64(clamping: nanoseconds))
    }
  }

  /// Takes no more calls; the future is fulfilled when all connections are gone.
  func drain() -> EventLoopFuture<Void> {
    let promise = loop.makePromise(of: Void.self)
    allGone = promise
    for connection in connections.values { connection.drain() }
    if connections.isEmpty { promise.succeed() }
    return promise.futureResult
  }

  /// Closes all connections as they are.
  ///
  /// - Returns: how many calls were cut off.
  func closeConnections() -> Int {
    let cut = connections.values.reduce(0) { $0 + $1.inFlight }
    for connection in connections.values { connection.close() }
    return cut
  }

  /// Gives up the way to the store and hands the last records to the log.
  func stop() {
    bus.close()
    store.close()
    finishedBurst()
    executor.close()
  }

  // MARK: Counting

  /// What the loop has counted so far.
  func snapshot() -> MetricsSnapshot {
    let counters = store.counters
    for cause in LossCause.allCases {
      let count = counters.losses[cause.rawValue] - reported.losses[cause.rawValue]
      observer.count(cause.reconnectReason, times: count)
      if cause == .commandTimeout { observer.count(.storeCommandTimeouts, times: count) }
    }
    observer.count(.storeCommandsResent, times: counters.resent - reported.resent)
    observer.count(
      Limit.pendingCommands, times: counters.refused - reported.refused)
    reported = counters
    let dropped = bus.counters.dropped
    observer.count(EventDrop.busyLoop, times: dropped - reportedDrops)
    reportedDrops = dropped
    return observer.snapshot()
  }

  /// Applies a policy that has been read anew, to the connections that there are too.
  func apply(_ admission: Admission) {
    self.admission = admission
    for connection in connections.values {
      assignService(to: connection)
      reviewSubscriptions(of: connection)
      reviewCalls(of: connection)
    }
    finishedBurst()
  }

  /// Gives a connection the service that it has asked for, as long as the policy allows it, else the
  /// first that the policy has for it.
  func assignService(to connection: ClientConnection) {
    connection.identity = admission.identity(
      of: connection.peer, groups: connection.groups, named: connection.chosenService)
  }

  /// Ends the calls of a connection that wait although the policy would not let them in any more.
  private func reviewCalls(of connection: ClientConnection) {
    for call in connection.procedures.values {
      guard let method = call.request.method,
        !isAllowed(method: method, service: call.service, to: connection)
      else { continue }
      call.forbid(.forbidden(to: call.service, table.methods[method].name))
    }
  }

  /// Whether the policy lets a connection call a method for a service.
  func isAllowed(method: Int, service: String, to connection: ClientConnection) -> Bool {
    let index = admission.policy.service(
      named: service, for: connection.peer, groups: connection.groups)
    return admission.allows(service: index, method: method)
  }

  // MARK: Flushing

  func markDirty(_ connection: ClientConnection) { dirty.append(connection) }

  /// A buffer for replies. They are kept here and not with the connections, so that a connection
  /// that is idle holds none.
  func takeBuffer() -> ByteBuffer { spareBuffers.popLast() ?? ByteBuffer() }

  /// Writes a reply that nobody gets: the log and the metrics still tell how the call went.
  ///
  /// - Returns: how many bytes were sent, none.
  func discard(_ write: (inout ByteBuffer) -> Void) -> Int {
    var unsent = takeBuffer()
    write(&unsent)
    giveBack(consume unsent)
    return 0
  }

  /// Takes a buffer back whose bytes have been handed to the socket. Where somebody else still has it,
  /// `clear` leaves it to them and takes new memory.
  func giveBack(_ buffer: consuming ByteBuffer) {
    guard spareBuffers.count < 256, buffer.capacity <= 64 * 1024 else { return }
    buffer.clear()
    spareBuffers.append(buffer)
  }
}

extension Worker: StoreSink {
  /// Sends the replies of a burst, each connection's together.
  func finishedBurst() {
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
}
