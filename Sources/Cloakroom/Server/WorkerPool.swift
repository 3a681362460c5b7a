internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomStore
internal import CloakroomWire
internal import Logging
internal import NIOCore
internal import Synchronization

/// All event loops' servers, and what is asked of them together.
final class WorkerPool: LoopsStatus {
  private let servers: [NIOLoopBound<LoopServer>]
  private let byLoop: [ObjectIdentifier: NIOLoopBound<LoopServer>]
  private let labels: MetricsLabels
  private let room: ConnectionRoom
  /// How many connections there are, over all loops.
  private let connectionCount = Atomic<Int>(0)
  private let lastConnection = Atomic<UInt64>(0)

  /// Makes a worker on each loop, and opens its way to the store.
  init(
    loops: any EventLoopGroup, configuration: Configuration, room: ConnectionRoom,
    admission: Admission, labels: MetricsLabels, accessLog: AccessLogWriter?,
    status: StatusReporter,
    backend: StoreBackend, tokens: TokenService, flows: FlowFiles, pool: ComputePool,
    account: MemoryAccount, dropLog: MemoryDropLog
  ) async throws {
    var servers: [NIOLoopBound<LoopServer>] = []
    let flowLabels = FlowLabels()
    for loop in loops.makeIterator() {
      let server = try await loop.submit {
        let table = MethodTable.standard.copy()
        let worker = Worker(
          loop: loop, configuration: configuration, table: table, admission: admission.copy(),
          observer: LoopObserver(labels: labels, accessLog: accessLog, flows: flowLabels),
          store: backend.makeLink(loop), bus: backend.makeBusLink(loop), pool: pool,
          longValues: backend.longValues)
        let server = LoopServer(
          worker, table: table, configuration: configuration, status: status, tokens: tokens,
          flows: flows, account: account, dropLog: dropLog)
        server.start()
        return NIOLoopBound(server, eventLoop: loop)
      }.get()
      servers.append(server)
    }
    self.servers = servers
    self.labels = labels
    self.room = room
    byLoop = Dictionary(
      uniqueKeysWithValues: servers.map { (ObjectIdentifier($0.eventLoop), $0) })
  }

  // MARK: Connections

  /// Takes on a connection that was accepted; called on its own loop.
  func adopt(_ channel: any Channel) -> EventLoopFuture<Void> {
    let count = connectionCount.wrappingAdd(1, ordering: .relaxed).newValue
    channel.closeFuture.whenComplete { _ in
      self.connectionCount.wrappingSubtract(1, ordering: .relaxed)
    }
    guard let server = byLoop[ObjectIdentifier(channel.eventLoop)] else {
      return channel.eventLoop.makeFailedFuture(ChannelError.inappropriateOperationForState)
    }
    guard count <= room.connections else {
      server.value.worker.observer.limitBit(.connections)
      return channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(
          RefusalHandler(Self.refusal(limit: room.connections)))
      }
    }
    let id = lastConnection.wrappingAdd(1, ordering: .relaxed).newValue
    return PeerCredentials.read(from: channel).flatMapThrowing { peer, groups in
      try channel.pipeline.syncOperations.addHandler(
        server.value.makeConnection(id: id, peer: peer, groups: groups))
    }
  }

  /// What a client reads that comes when all places are taken.
  private static func refusal(limit: Int) -> ByteBuffer {
    var line = ByteBuffer()
    line.writeErrorReply(
      id: RequestID(),
      RPCError(.overloaded, "there are \(limit) connections already", retryAfterMs: 1000))
    line.writeString("\n")
    return line
  }

  // MARK: All loops together

  /// Asks every server, each on its own loop.
  private func ask<Answer: Sendable>(
    _ question: @escaping @Sendable (LoopServer) -> Answer
  ) async throws -> [Answer] {
    var answers: [Answer] = []
    for server in servers {
      answers.append(try await server.eventLoop.submit { question(server.value) }.get())
    }
    return answers
  }

  /// What all loops have counted.
  func snapshot() async throws -> MetricsSnapshot {
    try await ask { $0.worker.snapshot() }.reduce(MetricsSnapshot(labels: labels), +)
  }

  /// Why the store can't be reached, from any loop; nil when it can from all.
  func storeDownReason() async throws -> String? {
    try await ask { $0.worker.store.downReason }.compactMap { $0 }.first
  }

  /// Asks the store how it is, over one loop's way to it.
  func pingStore() async throws {
    guard let server = servers.first else { return }
    try await server.eventLoop.submit { server.value.worker.perform(.ping, nil) }.get()
  }

  /// Applies a policy that has been read anew.
  func apply(_ admission: Admission) async throws {
    _ = try await ask { $0.apply(admission.copy()) }
  }

  /// Who looks for what has ended by itself: one loop does for the sidecar.
  func sweeper(_ sweep: RecordSweep) async throws -> ExpirySweeper? {
    guard let server = servers.first else { return nil }
    let worker = try await server.eventLoop.submit {
      NIOLoopBound(server.value.worker, eventLoop: server.eventLoop)
    }.get()
    return try await ExpirySweeper(sweep, on: worker)
  }

  // MARK: Ending

  /// Lets every connection finish what it has in flight, then closes it.
  ///
  /// - Parameter patience: after this long, what is still open is closed as it is.
  /// - Returns: how many calls were cut off.
  func drain(within patience: Duration) async throws -> Int {
    let idle = try await ask { $0.drain() }
    let clock = ContinuousClock()
    let deadline = clock.now + patience
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for future in idle { try await future.get() }
      }
      group.addTask { try await clock.sleep(until: deadline) }
      _ = await group.nextResult()
      group.cancelAll()
      // A future can't be cancelled, and the group waits for it: closing the connections fulfils it.
      return try await self.closeAll()
    }
  }

  private func closeAll() async throws -> Int {
    try await ask { $0.closeConnections() }.reduce(0, +)
  }

  /// Gives up the ways to the store and hands the last records to the log.
  func stop() async throws { _ = try await ask { $0.worker.stop() } }
}
