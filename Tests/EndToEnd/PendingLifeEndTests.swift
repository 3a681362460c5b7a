import Support
import Testing

@Suite("A pending operation whose life ends while many want it", .timeLimit(.minutes(2)))
struct PendingLifeEndTests {
  /// What the callers do, and what makes the operation theirs.
  enum Kind: String, CaseIterable, CustomTestStringConvertible {
    case consume, delete, checkout, update, updateAndConsume
    var testDescription: String { rawValue }

    /// The call of one of the callers.
    fileprivate func call(_ caller: Int, _ token: String) -> (method: String, params: String) {
      let target = #"{"token":"\#(token)","operationType":"form""#
      switch self {
      case .consume: return ("pending.consume", target + "}")
      case .delete: return ("pending.delete", target + "}")
      case .checkout: return ("pending.checkout", target + #","leaseTtl":"1h"}"#)
      case .update:
        let member = caller.isMultiple(of: 2) ? "patch" : "data"
        return ("pending.update", target + #","\#(member)":{"by":\#(caller)}}"#)
      case .updateAndConsume:
        return (caller.isMultiple(of: 2) ? Kind.update : .consume).call(caller, token)
      }
    }
  }

  /// An operation, when its life ends, and what its callers were told.
  private struct Ending {
    let token: String
    let end: ContinuousClock.Instant
    /// When each caller sends its call.
    let moments: [ContinuousClock.Instant]
    var exchanges: [ConcurrentCalls.Exchange] = []
  }

  private static let callers = 8
  private static let operations = 40

  private static func isGone(_ exchange: ConcurrentCalls.Exchange, _ why: String) -> Bool {
    exchange.answer?.reason == why || exchange.answer?["reason"] as? String == why
  }

  private static func isDone(_ exchange: ConcurrentCalls.Exchange) -> Bool {
    exchange.answer?.result != nil && exchange.answer?["reason"] == nil
  }

  @Test(
    "is used by one of them or has expired, and is counted once as what it was",
    arguments: [true, false], Kind.allCases)
  func end(hasRedis: Bool, kind: Kind) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let options = ["--set", "pending.sweepInterval=100ms"]
    let daemons =
      try redis.map { redis in
        try (0..<2).map { _ in try RedisSidecar.start(redis.socketPath, options) }
      } ?? [try Daemon(options + ["--loops", "2"])]
    let clients = try (0..<Self.callers).map { try daemons[$0 % daemons.count].readyClient() }
    var endings = try Self.create(clients[0])
    var plans = (0..<Self.callers).map { caller in
      endings.indices.map { (moment: endings[$0].moments[caller], index: $0) }
        .sorted { $0.moment < $1.moment }[...]
    }
    try ConcurrentCalls(clients, window: Self.operations).run(
      next: { caller in
        guard let plan = plans[caller].first else { return .end }
        guard plan.moment <= .now else { return .wait }
        plans[caller].removeFirst()
        let call = kind.call(caller, endings[plan.index].token)
        return .call(method: call.method, params: call.params, tag: plan.index)
      },
      ended: { _, exchange in endings[exchange.tag].exchanges.append(exchange) })

    for ending in endings { try Self.check(ending, kind) }
    let used = endings.count { $0.exchanges.contains { Self.isUse($0, kind) } }
    try Self.expectCount(endings.count - used, "expired", daemons)
    if kind == .consume || kind == .updateAndConsume {
      try Self.expectCount(used, "consumed", daemons)
    }
  }

  /// Operations with lives of 50 to 300 ms, and calls from somewhat before their ends to after them.
  private static func create(_ client: LineClient) throws -> [Ending] {
    let lives = (0..<operations).map { _ in Int.random(in: 50...300) }
    let start = ContinuousClock.now
    let answers = try client.pipeline(
      lives.map {
        ("pending.create", #"{"operationType":"form","data":{},"expiresIn":"\#($0)ms"}"#)
      })
    return try lives.enumerated().map { index, life in
      let end = start + .milliseconds(life)
      return Ending(
        token: try #require(answers[index]?["token"] as? String), end: end,
        moments: (0..<callers).map { caller in
          // Together, so that they meet, and not all before the end or all after it.
          end + .milliseconds(Double(index % 10) * 4 - 16) + .microseconds(100 * caller)
        })
    }
  }

  /// Whether a call has used an operation, so that it can't expire.
  private static func isUse(_ exchange: ConcurrentCalls.Exchange, _ kind: Kind) -> Bool {
    isDone(exchange) && exchange.method != "pending.update"
  }

  private static func check(_ ending: Ending, _ kind: Kind) throws {
    let exchanges = ending.exchanges
    try #require(exchanges.count == callers)
    let uses = exchanges.filter { isUse($0, kind) }
    let expiries = exchanges.filter { isGone($0, "EXPIRED") }
    #expect(uses.count <= 1, "used twice")
    #expect(uses.isEmpty || expiries.isEmpty, "used and expired")
    let (afterwards, changes) = (Self.afterUse[kind] ?? "", exchanges.filter { isDone($0) })
    let others = exchanges.count { isGone($0, afterwards) }
    if uses.isEmpty {
      #expect(others == 0, "\(afterwards), and nobody has used it")
      #expect(changes.count + expiries.count == callers)
    } else {
      #expect(changes.count + others == callers, "\(exchanges.map { $0.answer?.text ?? "" })")
    }
    // An operation that one caller was told is over is over for all who ask later.
    let over = expiries.compactMap(\.answeredAt).min()
    for exchange in exchanges where isDone(exchange) {
      if let over { #expect(exchange.invokedAt < over, "it was over") }
    }
  }

  private static let afterUse: [Kind: String] = [
    .consume: "CONSUMED", .updateAndConsume: "CONSUMED", .delete: "DELETED",
    .checkout: "CHECKED_OUT", .update: "none",
  ]

  private static func expectCount(_ count: Int, _ event: String, _ daemons: [Daemon]) throws {
    var sum = 0
    func look() throws -> Int {
      try daemons.reduce(0) {
        $0
          + Int(
            try $1.client().metrics().sum("pending_operations_total", ["event": event]))
      }
    }
    try eventually("\(count) that are \(event)") {
      sum = try look()
      return sum >= count
    }
    // Those who sweep have looked some times more.
    let grows = try becomesTrue(within: .milliseconds(250)) { try look() > count }
    #expect(!grows && sum == count, "\(event): \(sum) of \(count)")
  }
}
