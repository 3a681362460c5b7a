internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomRedis
internal import CloakroomStore
internal import Logging
internal import NIOCore
internal import NIOPosix

public enum ThinSlice {
  public static func run(socket: String, redis: String, loops: Int) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
    var configuration = Configuration(socket: .init(try SocketPath(socket)))
    let endpoint = try RedisEndpoint(url: redis)
    configuration.store = .redis(endpoint)
    let table = MethodTable.standard
    let labels = MetricsLabels(services: ["default"], methods: table.names)
    let logger = Logger(label: "cloakroom")
    let admission = Admission(policy: configuration.policy, prefix: configuration.keys.prefix, methods: table.names)
    var workers: [ObjectIdentifier: NIOLoopBound<Worker>] = [:]
    for loop in group.makeIterator() {
      let configuration = configuration
      workers[ObjectIdentifier(loop)] = try await loop.submit {
        let store = RedisStoreLink(on: loop, to: RedisTarget(endpoint, limits: configuration.limits), logger: logger)
        let worker = Worker(loop: loop, configuration: configuration, table: table, admission: admission, observer: LoopObserver(labels: labels), system: SystemAnswers(storeKind: "redis"), store: store)
        store.start(sink: worker)
        return NIOLoopBound(worker, eventLoop: loop)
      }.get()
    }
    let all = workers
    let server = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        PeerCredentials.read(from: channel).flatMapThrowing { peer, groups in
          guard let worker = all[ObjectIdentifier(channel.eventLoop)]?.value else { throw ChannelError.eof }
          try channel.pipeline.syncOperations.addHandler(ClientConnection(id: 1, peer: peer, groups: groups, worker: worker))
        }
      }
      .bind(unixDomainSocketPath: socket, cleanupExistingSocketFile: true).get()
    try await server.closeFuture.get()
  }
}
