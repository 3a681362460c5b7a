internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomStore
internal import DequeModule
internal import NIOCore

/// Serves the connections of one event loop: from their opening to the drain.
final class LoopServer: ConnectionOwner {
  let worker: Worker
  private let dispatcher: CallDispatcher
  private let table: MethodTable
  /// An empty buffer that no other loop has.
  private let nothing: ByteBuffer
  private var connections: [ObjectIdentifier: ClientConnection] = [:]
  private var shares = PeerShares()
  private let account: MemoryAccount
  private let dropLog: MemoryDropLog
  /// Those that are gone and have calls and subscriptions left, in their order.
  private var ending = Deque<ClientConnection>()
  private var isEnding = false
  /// Fulfilled when the last connection is gone; only while draining.
  private var allGone: EventLoopPromise<Void>?

  init(
    _ worker: Worker, table: MethodTable, configuration: Configuration, status: StatusReporter,
    tokens: TokenService, flows: FlowFiles, account: MemoryAccount, dropLog: MemoryDropLog
  ) {
    self.worker = worker
    self.account = account
    self.dropLog = dropLog
    self.table = table
    var buffer = ByteBuffer(integer: UInt8(0))
    buffer.clear()
    nothing = buffer
    dispatcher = CallDispatcher(
      worker, table: table, configuration: configuration, status: status, tokens: tokens,
      flows: flows, nothing: nothing)
  }

  // MARK: Connections

  /// Makes the handler of a connection that was accepted.
  func makeConnection(id: UInt64, peer: Peer, groups: [UInt32]) -> ClientConnection {
    ClientConnection(
      id: id, peer: peer, groups: groups, share: shares.join(peer), handler: dispatcher,
      owner: self,
      burst: worker.burst,
      memory: ConnectionMemory(of: id, peer, in: account, on: worker.loop, worker.observer),
      nothing: nothing)
  }

  var isDraining: Bool { worker.isDraining }

  func opened(_ connection: ClientConnection) {
    connections[ObjectIdentifier(connection)] = connection
    _ = connection.assignService(by: worker.admission)
    worker.observer.count(.connectionsOpened)
  }

  func closed(_ connection: ClientConnection) {
    connections[ObjectIdentifier(connection)] = nil
    worker.observer.count(.connectionsClosed)
    if connections.isEmpty { allGone?.succeed() }
  }

  func removed(_ connection: ClientConnection) { shares.leave(connection.peer) }

  func endLater(_ connection: ClientConnection) {
    ending.append(connection)
    endInNextTurn()
  }

  private func endInNextTurn() {
    guard !isEnding, !ending.isEmpty else { return }
    isEnding = true
    worker.burst.afterInput { [self] in
      isEnding = false
      if let connection = ending.popFirst(), connection.endSome() { ending.append(connection) }
      endInNextTurn()
    }
  }

  func dropping(_ connection: ClientConnection, _ held: HeldBytes) {
    worker.observer.limitBit(.clientMemory)
    worker.observer.count(.clientMemoryDrops)
    dropLog.dropped(connection.peer, service: connection.identity?.name, connection.id, held)
  }

  func takeBack(by command: StoreCommand) { worker.takeBack(by: command) }

  /// Closes connections that have been silent for too long.
  private func closeIdle(after timeout: UInt64) {
    let now = worker.burst.now()
    for connection in connections.values where now - min(connection.lastActive, now) > timeout {
      guard connection.isIdle, connection.subscriptions.isEmpty else { continue }
      worker.observer.limitBit(.idleTimeout)
      connection.close()
    }
  }

  /// Applies a policy that has been read anew, to the connections that there are too.
  func apply(_ admission: Admission) {
    worker.admission = admission
    for connection in connections.values {
      _ = connection.assignService(by: admission)
      connection.review { [table] method, service in
        let index = admission.policy.service(
          named: service, for: connection.peer, groups: connection.groups)
        return admission.allows(service: index, method: method)
          ? nil : .forbidden(to: service, table.methods[method].name)
      }
    }
    worker.burst.finish()
  }

  // MARK: Beginning and ending

  /// Opens the ways to the store and the bus.
  func start() {
    worker.start()
    guard let timeout = worker.limits.idleTimeout else { return }
    let nanoseconds = TimeAmount(timeout).nanoseconds
    let interval = TimeAmount.nanoseconds(max(nanoseconds / 4, 1_000_000))
    let bound = NIOLoopBound(self, eventLoop: worker.loop)
    worker.loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
      bound.value.closeIdle(after: UInt64(clamping: nanoseconds))
    }
  }

  /// Takes no more calls; the future is fulfilled when all connections are gone.
  func drain() -> EventLoopFuture<Void> {
    let promise = worker.loop.makePromise(of: Void.self)
    allGone = promise
    worker.isDraining = true
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
}
