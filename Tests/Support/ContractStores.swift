internal import CloakroomRedis
internal import CloakroomStore
internal import Glibc
internal import Logging
internal import Synchronization

/// All stores that the contract is held against.
public enum ContractStores {
  /// The store in memory, with a clock of the test's own.
  public static let memory = ContractStore("memory") { links in
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 1 << 28, isScannable: true, clock: clock.storeClock)
    var harnesses: [StoreHarness] = []
    for _ in 0..<links {
      let harness = try await StoreHarness(
        slackMs: 0, passTime: { clock.advance(by: $0) },
        makeLink: { _ in MemoryStoreLink(store: store) })
      harnesses.append(harness)
    }
    return harnesses
  }

  /// A real Redis, one for all tests of a run; each harness has keys of its own.
  public static let redis = ContractStore("redis") { links in
    let target = try patientTarget
    // With an index of deadlines of their own: a sweep of one test looks at no other's records.
    let prefix = "contract:\(opened.wrappingAdd(1, ordering: .relaxed).newValue)"
    var harnesses: [StoreHarness] = []
    for _ in 0..<links {
      let harness = try await StoreHarness(
        slackMs: 30_000, prefix: prefix,
        passTime: { try? await Task.sleep(for: .milliseconds($0 + 5)) },
        makeLink: { loop in
          RedisStoreLink(
            on: loop, to: target, prefix: prefix,
            logger: Logger(label: "contract") { _ in SwiftLogNoOpLogHandler() })
        })
      harnesses.append(harness)
    }
    return harnesses
  }

  /// Where the Redis is that all tests of a run share.
  public static var redisSocketPath: String {
    get throws { try server.get().socketPath }
  }

  /// The same, with more patience than a busy machine needs.
  static var patientTarget: RedisTarget {
    get throws {
      var target = RedisTarget(address: .unix(path: try redisSocketPath))
      (target.connectTimeout, target.commandTimeout) = (.seconds(20), .seconds(20))
      return target
    }
  }

  private static let opened = Atomic<Int>(0)

  private static let server: Result<RedisServer, any Error> = Result {
    let server = try RedisServer()
    // What is static is let go of by nobody.
    atexit { try? ContractStores.server.get().stop() }
    return server
  }

  /// Every store.
  public static let all = [memory, redis]

  /// The stores whose clock moves only when a test moves it: what happens in one certain
  /// millisecond can be asked of them alone.
  public static let withInjectedClock = [memory]
}
