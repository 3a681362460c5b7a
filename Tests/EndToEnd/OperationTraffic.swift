import Support
import Testing

/// Random calls of many callers on a few pending operations, round after round; in the end each
/// operation's calls have to be explained by some order of them.
final class OperationTraffic {
  /// How a test has it.
  struct Plan {
    /// How many operations there are at a time.
    var operations = 4
    /// How many calls on each of them.
    var calls = 44
    /// How long a lease is.
    var leaseMs: ClosedRange<Int64> = 60_000...60_000
    /// How long a caller waits at most before its next call.
    var pause = Duration.zero
    /// Whether calls have idempotency keys, and are repeated.
    var keyed = false
    /// Whether calls may come to nothing.
    var isFaulty = false
  }

  /// How many operations were judged.
  private(set) var judged = 0
  /// How many have more possible orders than are looked at.
  private(set) var undecided = 0
  /// How many calls there were.
  private(set) var calls = 0
  /// How many calls nobody knows of whether they were done.
  private(set) var unknown = 0

  private static let patience = Duration.seconds(15)

  private let plan: Plan
  private let seed: UInt64
  private var random: SplitMix
  private var tracks: [OperationTrack] = []
  private var rounds = 0
  private var notBefore: [Int: ContinuousClock.Instant] = [:]

  init(_ plan: Plan, seed: UInt64) {
    self.plan = plan
    self.seed = seed
    random = SplitMix(seed: seed)
  }

  /// One round: creates operations, has their calls made, and judges.
  ///
  /// - Parameters:
  ///   - clients: the connections of the callers.
  ///   - window: how many calls each has under way.
  ///   - meanwhile: what is done to the store while calls are under way.
  ///   - calm: has everything work again, and answers the connection that is asked in the end.
  func round(
    _ clients: [LineClient], window: Int = 1, meanwhile: () throws -> Void = {},
    calm: () throws -> LineClient
  ) throws {
    rounds += 1
    let start = ContinuousClock.now
    tracks = (0..<plan.operations).map {
      OperationTrack(
        name: "\(seed)-\(rounds)-\($0)", calls: plan.calls, leaseMs: plan.leaseMs)
    }
    let callers = ConcurrentCalls(clients, window: window, patience: Self.patience)
    try create(callers, meanwhile)
    try callers.run(
      meanwhile: meanwhile, next: { self.next(of: $0) },
      ended: { lane, exchange in _ = self.ended(lane, exchange, start) })
    try settle(try calm(), start)
    judge()
  }

  /// Creates each operation, by all callers at once.
  private func create(_ callers: ConcurrentCalls, _ meanwhile: () throws -> Void) throws {
    var turns = 0
    try callers.run(
      meanwhile: meanwhile,
      next: { lane in
        if let moment = self.notBefore[lane], moment > .now { return .wait }
        let missing = self.tracks.indices.filter { !self.tracks[$0].isCreated }
        guard !missing.isEmpty else { return .end }
        turns += 1
        let index = missing[turns % missing.count]
        return .call(method: "pending.create", params: self.tracks[index].creation, tag: index)
      },
      ended: { lane, exchange in
        guard !self.tracks[exchange.tag].created(exchange.answer) else { return }
        self.expectFault(exchange)
        self.notBefore[lane] = .now + .milliseconds(3)
      })
  }

  private func next(of lane: Int) -> ConcurrentCalls.Turn {
    let open = tracks.indices.filter { !tracks[$0].isOver }
    guard let index = open.randomElement(using: &random) else { return .end }
    if let moment = notBefore[lane], moment > .now { return .wait }
    notBefore[lane] = plan.pause > .zero ? .now + plan.pause * Double.random(in: 0..<1) : nil
    let (number, call) = tracks[index].nextCall(
      &random, keyed: plan.keyed, hurried: plan.isFaulty)
    return .call(method: call.method, params: call.params, tag: number * tracks.count + index)
  }

  /// Takes what became of a call; false when it was not done.
  private func ended(
    _ lane: Int, _ exchange: ConcurrentCalls.Exchange, _ start: ContinuousClock.Instant
  ) -> Bool {
    calls += 1
    let isUnknown = exchange.answer == nil || exchange.answer?.reason == "OUTCOME_UNKNOWN"
    unknown += isUnknown ? 1 : 0
    if isUnknown { expectFault(exchange) }
    let (number, index) = exchange.tag.quotientAndRemainder(dividingBy: tracks.count)
    guard !tracks[index].ended(number, exchange, since: start) else { return true }
    expectFault(exchange)
    // Who was refused because the store is away does not ask again at once.
    notBefore[lane] = .now + .milliseconds(3)
    return false
  }

  /// A call comes to nothing only when something fails, or while it is under way elsewhere.
  private func expectFault(_ exchange: ConcurrentCalls.Exchange) {
    guard exchange.answer?.reason != "IDEMPOTENCY_IN_PROGRESS" else { return }
    #expect(plan.isFaulty, "\(exchange.method): \(exchange.answer?.text ?? "no answer")")
  }

  /// Repeats what has a key until it is answered, and reads every operation.
  private func settle(_ client: LineClient, _ start: ContinuousClock.Instant) throws {
    guard plan.isFaulty else { return }
    for (index, track) in tracks.enumerated() {
      try eventually("answers to calls that are repeated") {
        guard let (number, call) = track.unanswered() else { return true }
        _ = try ask(client, call, number * tracks.count + index, start)
        return false
      }
      try eventually("a last look") {
        let (number, call) = track.lastLook()
        return try ask(client, call, number * tracks.count + index, start)
      }
    }
  }

  private func ask(
    _ client: LineClient, _ call: OperationTrack.Call, _ tag: Int, _ start: ContinuousClock.Instant
  ) throws -> Bool {
    var isSent = false
    var isDone = false
    try ConcurrentCalls([client], patience: Self.patience).run(
      next: { _ in
        defer { isSent = true }
        return isSent ? .end : .call(method: call.method, params: call.params, tag: tag)
      },
      ended: { lane, exchange in isDone = self.ended(lane, exchange, start) })
    return isDone
  }

  private func judge() {
    for track in tracks {
      judged += 1
      switch track.verdict() {
      case .linearizable: break
      case .undecided: undecided += 1
      case .notLinearizable(let longest):
        Issue.record(
          """
          no order explains these calls (seed \(seed), round \(rounds)); the longest is \(longest)
          \(track.description)
          """)
      }
    }
  }
}
