public import CloakroomRedis
public import CloakroomStore
internal import Logging
internal import NIOCore
internal import NIOPosix

/// A kind of bus that the contract is held against.
public struct ContractBus: Sendable, CustomStringConvertible {
  /// The bus' name, as it stands in the names of tests.
  public let description: String
  /// Whether each link is one of another sidecar.
  public let isOneSidecarEach: Bool

  private let open: @Sendable (_ limits: BusLimits) throws -> Opened

  /// A bus, and the store that it belongs to.
  private struct Opened {
    let makeStoreLink: StoreHarness.LinkMaker
    let makeBusLink: @Sendable (any EventLoop) -> any BusLink
  }

  /// Lends links to one bus, and one to its store; lets them go however the body ends.
  public func run(
    links: Int = 1, limits: BusLimits = BusLimits(),
    _ body: ([BusHarness], StoreHarness) async throws -> Void
  ) async throws {
    let opened = try open(limits)
    let store = try await StoreHarness(
      slackMs: 0, passTime: { _ in }, makeLink: opened.makeStoreLink)
    var buses: [BusHarness] = []
    for _ in 0..<links { buses.append(try await BusHarness(makeLink: opened.makeBusLink)) }
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(buses, store)) } catch { outcome = .failure(error) }
    for bus in buses { try await bus.close() }
    try await store.close()
    try outcome.get()
  }

  /// The bus of the store in memory.
  public static let memory = ContractBus(description: "memory", isOneSidecarEach: false) { limits in
    let bus = MemoryBus(limits: limits)
    let store = MemoryStore(byteLimit: 1 << 28, bus: bus)
    return Opened(
      makeStoreLink: { _ in MemoryStoreLink(store: store) },
      makeBusLink: { bus.makeLink(on: $0) })
  }

  /// Links of one sidecar to a real Redis.
  public static let redis = ContractBus(description: "redis", isOneSidecarEach: false) { limits in
    let target = try ContractStores.patientTarget
    return redis(target, limits, isOneSidecarEach: false)
  }

  /// Links of a sidecar each to one real Redis.
  public static let sidecars = ContractBus(description: "sidecars", isOneSidecarEach: true) {
    limits in
    let target = try ContractStores.patientTarget
    return redis(target, limits, isOneSidecarEach: true)
  }

  /// Links of one sidecar to a Redis of the test's own.
  public static func redis(at target: RedisTarget) -> ContractBus {
    ContractBus(description: "redis of its own", isOneSidecarEach: false) { limits in
      redis(target, limits, isOneSidecarEach: false)
    }
  }

  /// Every bus.
  public static let all = [memory, redis, sidecars]

  private static func redis(
    _ target: RedisTarget, _ limits: BusLimits, isOneSidecarEach: Bool
  ) -> Opened {
    let logger = Logger(label: "contract") { _ in SwiftLogNoOpLogHandler() }
    let makeBus: @Sendable () -> RedisBus = {
      RedisBus(
        on: MultiThreadedEventLoopGroup.singleton.next(), to: target, limits: limits,
        logger: logger)
    }
    let shared = makeBus()
    return Opened(
      makeStoreLink: { RedisStoreLink(on: $0, to: target, prefix: "contract", logger: logger) },
      makeBusLink: { (isOneSidecarEach ? makeBus() : shared).makeLink(on: $0) })
  }
}
