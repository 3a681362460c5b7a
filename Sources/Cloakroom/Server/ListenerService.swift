internal import CloakroomCore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// Takes connections in and deals them out to the loops; on shutdown it takes no more and lets
/// those that there are finish.
struct ListenerService: Service {
  /// How often it looks whether clients still find the socket.
  private static let lookInterval = Duration.seconds(1)

  /// So many connections are taken in before the loop does anything else: one that comes behind a crowd does not wait
  /// for many turns of a busy loop.
  private static let acceptsAtOnce: UInt = 64

  let keeper: SocketKeeper
  let loops: MultiThreadedEventLoopGroup
  let workers: WorkerPool
  let room: ConnectionRoom
  let configuration: Configuration
  let storeKind: String
  let notifier: SystemdNotifier
  let logger: Logger

  func run() async throws {
    var servers: [any Channel] = []
    for socket in keeper.sockets { servers.append(try await serve(socket)) }
    let paths = keeper.sockets.map {
      ($0.path ?? "no path") + ($0.isInherited ? " from systemd" : "")
    }
    logger.notice(
      "serving",
      metadata: ["socket": "\(paths.joined(separator: ", "))", "store": "\(storeKind)"])
    notifier.ready()
    servers = await keepServing(servers)

    notifier.send("STOPPING=1")
    for server in servers { try? await server.close() }
    let cut = try await workers.drain(within: configuration.runtime.drainTimeout)
    if cut > 0 {
      logger.warning("the drain timeout cut calls off", metadata: ["calls": "\(cut)"])
    }
  }

  private func serve(_ socket: ListeningSocket) async throws -> any Channel {
    let workers = workers
    let room = room
    // One loop accepts and deals out: left to the kernel, one loop would get nearly all.
    return try await ServerBootstrap(group: loops)
      .serverChannelOption(.maxMessagesPerRead, value: Self.acceptsAtOnce)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptPause(room))
        }
      }
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in workers.adopt(channel) }
      .withBoundSocket(socket.descriptor)
      .get()
  }

  /// Serves until the sidecar is told to stop, also when a socket has to be made again.
  ///
  /// - Returns: what is served on in the end.
  private func keepServing(_ servers: [any Channel]) async -> [any Channel] {
    await cancelWhenGracefulShutdown {
      var servers = servers
      while !Task.isCancelled {
        // It throws only when the sidecar stops, and then this is over.
        try? await Task.sleep(for: Self.lookInterval)
        guard !Task.isCancelled, let fresh = keeper.look() else { continue }
        guard let server = try? await serve(fresh) else { continue }
        for old in servers { try? await old.close() }
        servers = [server]
      }
      return servers
    }
  }
}
