internal import CloakroomCore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// Takes connections in and deals them out to the loops; on shutdown it takes no more and lets
/// those that there are finish.
struct ListenerService: Service {
  let socket: ListeningSocket
  let loops: MultiThreadedEventLoopGroup
  let workers: WorkerPool
  let configuration: Configuration
  let storeKind: String
  let notifier: SystemdNotifier
  let logger: Logger

  func run() async throws {
    let workers = workers
    // One loop accepts and deals out: left to the kernel, one loop would get nearly all.
    let server = try await ServerBootstrap(group: loops)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in workers.adopt(channel) }
      .withBoundSocket(socket.descriptor)
      .get()
    logger.notice(
      "serving",
      metadata: [
        "socket": "\(socket.path ?? "inherited from systemd")",
        "store": "\(storeKind)",
      ])
    notifier.send("READY=1")
    try? await gracefulShutdown()

    notifier.send("STOPPING=1")
    try? await server.close()
    let cut = try await workers.drain(within: configuration.runtime.drainTimeout)
    if cut > 0 {
      logger.warning("the drain timeout cut calls off", metadata: ["calls": "\(cut)"])
    }
  }
}
