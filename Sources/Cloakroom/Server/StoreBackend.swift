internal import CloakroomCore
internal import CloakroomRedis
internal import CloakroomStore
internal import Logging
internal import NIOCore

/// The store that the configuration asks for.
struct StoreBackend: Sendable {
  /// "memory" or "redis".
  let kind: String
  /// The store in memory, when it is that one.
  let memory: MemoryStore?
  /// Makes one loop's way to the store; called on the loop.
  let makeLink: @Sendable (any EventLoop) -> any StoreLink
  /// Makes one loop's way to the store's bus; called on the loop.
  let makeBusLink: @Sendable (any EventLoop) -> any BusLink

  init(_ configuration: Configuration, logger: Logger) {
    makeBusLink = { _ in AbsentBus() }
    switch configuration.store {
    case .memory:
      let store = MemoryStore(
        byteLimit: configuration.limits.memoryBytes, isScannable: configuration.dev.scan)
      kind = "memory"
      memory = store
      makeLink = { _ in MemoryStoreLink(store: store) }
    case .redis(let endpoint):
      let target = RedisTarget(endpoint, limits: configuration.limits)
      kind = "redis"
      memory = nil
      makeLink = { loop in RedisStoreLink(on: loop, to: target, logger: logger) }
    }
  }
}

extension RedisTarget {
  /// What the configuration says of Redis, as a link wants it.
  init(_ endpoint: RedisEndpoint, limits: Configuration.Limits) {
    let address: Address =
      switch endpoint.address {
      case .unix(let path): .unix(path: path)
      case .tcp(let host, let port): .tcp(host: host, port: port)
      }
    self.init(address: address)
    username = endpoint.username
    password = endpoint.password?.exposed
    database = endpoint.database
    clientName = endpoint.clientName
    connectTimeout = TimeAmount(endpoint.connectTimeout)
    commandTimeout = TimeAmount(endpoint.commandTimeout)
    shortestBackoff = TimeAmount(endpoint.reconnectMin)
    longestBackoff = TimeAmount(endpoint.reconnectMax)
    pendingCommands = limits.pendingCommands
  }
}
