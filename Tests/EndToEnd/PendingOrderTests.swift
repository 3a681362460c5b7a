import Support
import Testing

@Suite("Random calls of many callers on one operation", .timeLimit(.minutes(3)))
struct PendingOrderTests {
  /// How long each case goes on.
  private static let time = Duration.milliseconds(1200)

  /// Where the operations are.
  enum Place: String, CaseIterable, CustomTestStringConvertible {
    case redis = "in Redis, over two sidecars"
    case memory = "in memory"
    var testDescription: String { rawValue }
  }

  /// What the calls are like.
  enum Kind: String, CaseIterable, CustomTestStringConvertible {
    case longLeases = "leases that do not end"
    case shortLeases = "leases that end"
    case repeated = "calls that are repeated"
    var testDescription: String { rawValue }

    fileprivate var plan: OperationTraffic.Plan {
      switch self {
      case .longLeases: .init()
      case .shortLeases:
        .init(operations: 8, leaseMs: 10...60, pause: .milliseconds(12))
      case .repeated: .init(keyed: true)
      }
    }
  }

  @Test(
    "are answered as if they had been done one after the other, each between its request and its answer",
    arguments: Place.allCases, Kind.allCases)
  func order(place: Place, kind: Kind) throws {
    let redis = place == .redis ? try RedisServer() : nil
    let keys = try TokenKeys(copiesOf: ["HS256"])
    let options = ["--keys", keys.path]
    let daemons =
      try redis.map { redis in
        try (0..<2).map { _ in try RedisSidecar.start(redis.socketPath, options) }
      } ?? [try Daemon(options + ["--loops", "2"])]
    let clients = try (0..<8).map { try daemons[$0 % daemons.count].readyClient() }
    let traffic = OperationTraffic(kind.plan, seed: .random(in: 0 ... .max))
    let end = ContinuousClock.now + Self.time
    repeat { try traffic.round(clients) { clients[0] } } while .now < end
    #expect(traffic.undecided * 20 <= traffic.judged)
  }

  @Test(
    "are so too while Redis fails again and again: what was answered is true, and what is repeated is done once",
    arguments: RedisFault.allCases)
  func faults(fault: RedisFault) throws {
    let redis = try FaultyRedis(fault)
    let keys = try TokenKeys(copiesOf: ["HS256"])
    let daemons = try (0..<2).map { _ in
      try RedisSidecar.start(
        redis.path, patience: fault.patience, ["--keys", keys.path])
    }
    let clients = try (0..<8).map { try daemons[$0 % 2].readyClient() }
    let traffic = OperationTraffic(
      .init(operations: 12, calls: 34, leaseMs: 20...150, keyed: true, isFaulty: true),
      seed: .random(in: 0 ... .max))
    let end = ContinuousClock.now + Self.time
    var rounds = 0
    repeat {
      rounds += 1
      try traffic.round(clients, window: 3, meanwhile: redis.act) {
        try redis.calm()
        return try daemons[rounds % 2].readyClient()
      }
    } while .now < end
    #expect(redis.faults > 2)
    #expect(traffic.undecided * 2 <= traffic.judged)
  }

  @Test("are so too when a sidecar is killed in the middle of them")
  func killed() throws {
    let redis = try RedisServer()
    let keys = try TokenKeys(copiesOf: ["HS256"])
    let options = ["--keys", keys.path]
    let survivor = try RedisSidecar.start(redis.socketPath, options)
    let traffic = OperationTraffic(
      .init(operations: 12, calls: 34, leaseMs: 20...150, keyed: true, isFaulty: true),
      seed: .random(in: 0 ... .max))
    for round in 1...4 {
      let victim = try RedisSidecar.start(redis.socketPath, options)
      let clients = try (0..<8).map { try ($0 < 4 ? victim : survivor).readyClient() }
      let callsBefore = traffic.calls
      var isKilled = false
      try traffic.round(
        clients, window: 3,
        meanwhile: {
          guard !isKilled, traffic.calls > callsBefore + 40 * round else { return }
          isKilled = true
          victim.process.kill()
        }, calm: { try survivor.readyClient() })
      #expect(isKilled)
    }
    #expect(traffic.unknown > 0)
    #expect(traffic.undecided * 2 <= traffic.judged)
  }
}
