import Support
import Testing

@Suite("Five hundred people on their way through a wizard at once", .timeLimit(.minutes(4)))
struct WizardCrowdTests {
  /// How many there are.
  private static let count = 500
  /// How many where a Redis that is slow makes each of them slow.
  private static let few = 100
  private static let idle = Duration.seconds(30)
  private static let options = [
    "--set", "session.rateLimit=1000000", "--set", "pending.sweepInterval=1s",
  ]

  /// What the flow's numbers say.
  private static func stats(_ flow: String, _ client: LineClient) throws -> WizardCrowd.Tally {
    let answer = try client.call("flow.stats", #"{"name":"\#(flow)"}"#)
    var tally = WizardCrowd.Tally()
    tally.created = answer["created"] as? Int ?? -1
    tally.submitted = answer["completed"] as? Int ?? -1
    tally.deleted = answer["deleted"] as? Int ?? -1
    let steps = answer["steps"] as? [[String: Any]] ?? []
    for step in steps {
      guard let id = step["id"] as? String else { continue }
      if let left = step["abandoned"] as? Int, left > 0 { tally.left[id] = left }
      if let done = step["completed"] as? Int, done > 0 { tally.completed[id] = done }
    }
    return tally
  }

  @Test(
    "lose nothing and double nothing while Redis fails again and again, and the funnel adds up",
    arguments: [RedisFault.closesConnections, .cutsWithin, .standsStill])
  func faults(fault: RedisFault) throws {
    let redis = try FaultyRedis(fault)
    // What is kept of an answer with a session's id in it is sealed by a key of all sidecars.
    let keys = try TokenKeys(copiesOf: ["HS256"])
    let daemons = try (0..<2).map { _ in
      try RedisSidecar.start(
        redis.path, patience: fault.patience, Self.options + ["--keys", keys.path])
    }
    let clients = try (0..<20).map { try daemons[$0 % 2].readyClient() }
    let count = fault == .closesConnections ? Self.count : Self.few
    let crowd = WizardCrowd(count, in: "wizard", idle: Self.idle, seed: .random(in: 0 ... .max))
    try crowd.define(clients[0])
    try ConcurrentCalls(clients, window: 4, patience: .seconds(30)).run(
      meanwhile: redis.act, next: { _ in crowd.next() }, ended: { crowd.ended($1) })
    try redis.calm()
    #expect(crowd.isOver)
    #expect(redis.faults > 2)
    let client = try daemons[1].readyClient()
    try eventually("the funnel's numbers", within: .seconds(60)) {
      try Self.stats("wizard", client) == crowd.tally
    }
    #expect(try Self.stats("wizard", client) == crowd.tally)
  }

  @Test("lose nothing when sidecars are killed under them")
  func killed() throws {
    let redis = try RedisServer()
    let keys = try TokenKeys(copiesOf: ["HS256"])
    let options = Self.options + ["--keys", keys.path]
    let survivor = try RedisSidecar.start(redis.socketPath, options)
    let crowd = WizardCrowd(
      Self.count, in: "wizard", idle: Self.idle, seed: .random(in: 0 ... .max))
    try crowd.define(try survivor.readyClient())
    var calls = 0
    var kills = 0
    while !crowd.isOver {
      let victim = try RedisSidecar.start(redis.socketPath, options)
      let clients = try (0..<16).map { try ($0 < 8 ? victim : survivor).readyClient() }
      var isKilled = false
      let first = calls
      try ConcurrentCalls(clients, window: 4, patience: .seconds(30)).run(
        meanwhile: {
          guard !isKilled, calls > first + 700 else { return }
          isKilled = true
          kills += 1
          victim.process.kill()
        },
        next: { _ in isKilled && calls > first + 900 ? .end : crowd.next() },
        ended: { _, exchange in
          calls += 1
          crowd.ended(exchange)
        })
    }
    #expect(kills > 3)
    #expect(crowd.repeated > 0)
    let client = try survivor.readyClient()
    try eventually("the funnel's numbers", within: .seconds(60)) {
      try Self.stats("wizard", client) == crowd.tally
    }
    #expect(try Self.stats("wizard", client) == crowd.tally)
  }
}
