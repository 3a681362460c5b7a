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
  /// The store's bus, when the store is Redis.
  let redisBus: RedisBus?
  /// What is known of the store's own condition, when the store is Redis.
  let condition: RedisCondition?
  /// Which values were long of late, when the store is Redis.
  let longValues: LongValues?
  /// What the store refuses.
  let refusals: StoreRefusals

  init(_ configuration: Configuration, loops: any EventLoopGroup, logger: Logger) {
    let busLimits = BusLimits(configuration.limits, loops: configuration.runtime.loops)
    switch configuration.store {
    case .memory:
      let bus = MemoryBus(limits: busLimits)
      let store = MemoryStore(
        byteLimit: configuration.limits.memoryBytes, isScannable: configuration.dev.scan, bus: bus)
      kind = "memory"
      memory = store
      makeLink = { _ in MemoryStoreLink(store: store) }
      makeBusLink = { bus.makeLink(on: $0) }
      redisBus = nil
      condition = nil
      longValues = nil
      refusals = StoreRefusals(logger: logger, isInMemory: true)
    case .redis(let endpoint):
      let target = RedisTarget(endpoint, limits: configuration.limits)
      kind = "redis"
      memory = nil
      let prefix = configuration.keys.prefix
      let bus = RedisBus(on: loops.next(), to: target, limits: busLimits, logger: logger)
      let condition = RedisCondition(logger: logger)
      let refusals = StoreRefusals(logger: logger)
      let outage = RedisOutage(logger: logger)
      makeLink = { loop in
        RedisStoreLink(
          on: loop, to: target, prefix: prefix, logger: logger, condition: condition,
          refusals: refusals, outage: outage
        ) { bus.reconnect() }
      }
      makeBusLink = { bus.makeLink(on: $0) }
      redisBus = bus
      self.condition = condition
      longValues = LongValues()
      self.refusals = refusals
    }
  }
}

extension BusLimits {
  /// What the configuration says of messages, as a bus wants it.
  fileprivate init(_ limits: Configuration.Limits, loops: Int) {
    self.init()
    subscriptions = limits.subscriptions
    // A message is a request's data in an envelope that repeats its scope and actor.
    messageBytes = max(messageBytes, limits.frameBytes * 2)
    // What waits for a loop is nobody's: all of them together have an eighth of what clients may hold, as long as
    // the longest message fits.
    waitingBytes = max(min(waitingBytes, limits.clientMemory / 8 / max(1, loops)), messageBytes)
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
    inFlightCommands = limits.pendingCommands
  }
}
