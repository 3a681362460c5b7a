/// Calls on many connections at once, driven by one thread: each is answered once, and in time.
public final class ConcurrentCalls {
  /// What a connection does next.
  public enum Turn {
    /// It sends a call; the tag is the test's own word for it.
    case call(method: String, params: String, tag: Int = 0)
    /// It has nothing to send at present, and is asked again in a moment.
    case wait
    /// It sends nothing more.
    case end
  }

  /// A call, and what became of it.
  public struct Exchange {
    /// Its method.
    public let method: String
    /// Its parameters as JSON text.
    public let params: String
    /// What the test knows it by.
    public let tag: Int
    /// When it was sent, before which it can't have taken effect.
    public let invokedAt: ContinuousClock.Instant
    /// When its answer was read, after which it can't take effect.
    public fileprivate(set) var answeredAt: ContinuousClock.Instant?
    /// Its answer; nil when the sidecar was gone first.
    public fileprivate(set) var answer: Answer?
  }

  /// A call that was not answered once.
  public struct Failure: Error, CustomStringConvertible {
    /// A sentence that says what happened.
    public let description: String
  }

  private struct Lane {
    let client: LineClient
    var calls: [Int: Exchange] = [:]
    var lastID = 0
    var hasEnded = false
    var isOpen = true
  }

  private var lanes: [Lane]
  private let window: Int
  private let patience: Duration

  /// Takes connections on which nothing is under way.
  ///
  /// - Parameters:
  ///   - window: how many calls each has under way at a time.
  ///   - patience: how long a call may take.
  public init(_ clients: [LineClient], window: Int = 1, patience: Duration = .seconds(20)) {
    lanes = clients.map { Lane(client: $0) }
    self.window = window
    self.patience = patience
  }

  /// Makes calls until each connection has said that it has no more, and all are answered.
  ///
  /// - Parameters:
  ///   - meanwhile: is done again and again between the answers.
  ///   - next: what the connection of a number does now. One that is gone is not asked.
  ///   - ended: is told of each call that is over, with the number of its connection.
  public func run(
    meanwhile: () throws -> Void = {}, next: (Int) throws -> Turn,
    ended: (Int, Exchange) throws -> Void
  ) throws {
    for index in lanes.indices { lanes[index].hasEnded = false }
    while true {
      var isIdle = false
      for index in lanes.indices { isIdle = try fill(index, next, ended) || isIdle }
      if lanes.allSatisfy({ !$0.isOpen || $0.hasEnded && $0.calls.isEmpty }) { break }
      LineClient.waitForInput(
        on: lanes.filter(\.isOpen).map(\.client), within: .milliseconds(isIdle ? 1 : 5))
      for index in lanes.indices where lanes[index].isOpen { try read(index, ended) }
      try meanwhile()
    }
    try expectSilence()
  }

  /// Makes calls, each connection its own in their order, and answers what became of them.
  public func run(_ calls: [[(method: String, params: String)]]) throws -> [[Exchange]] {
    var rests = calls.map { $0[...] }
    var exchanges = calls.map { _ in [Exchange]() }
    try run(
      next: { index in
        guard let call = rests[index].popFirst() else { return .end }
        return .call(method: call.method, params: call.params)
      },
      ended: { index, exchange in exchanges[index].append(exchange) })
    return exchanges
  }

  /// Sends what a connection has to send; answers whether it waits for something to send.
  private func fill(
    _ index: Int, _ next: (Int) throws -> Turn, _ ended: (Int, Exchange) throws -> Void
  ) throws -> Bool {
    while lanes[index].isOpen, !lanes[index].hasEnded, lanes[index].calls.count < window {
      switch try next(index) {
      case .wait: return true
      case .end: lanes[index].hasEnded = true
      case .call(let method, let params, let tag):
        lanes[index].lastID += 1
        let id = lanes[index].lastID
        lanes[index].calls[id] = Exchange(
          method: method, params: params, tag: tag, invokedAt: .now)
        do {
          try lanes[index].client.send(LineClient.request(method, params, id: id))
        } catch LineClient.Failure.system {
          try close(index, ended)
        }
      }
    }
    return false
  }

  private func read(_ index: Int, _ ended: (Int, Exchange) throws -> Void) throws {
    do {
      for line in try lanes[index].client.availableLines() {
        let answer = Answer(line)
        guard let id = answer.id, var exchange = lanes[index].calls.removeValue(forKey: id) else {
          throw Failure(description: "an answer that no call waits for: \(line)")
        }
        exchange.answeredAt = .now
        exchange.answer = answer
        try ended(index, exchange)
      }
    } catch LineClient.Failure.ended {
      try close(index, ended)
    }
    let oldest = lanes[index].calls.values.min { $0.invokedAt < $1.invokedAt }
    if let oldest, oldest.invokedAt.duration(to: .now) > patience {
      throw Failure(description: "\(oldest.method) was not answered within \(patience)")
    }
  }

  private func close(_ index: Int, _ ended: (Int, Exchange) throws -> Void) throws {
    lanes[index].isOpen = false
    let lost = lanes[index].calls.sorted { $0.key < $1.key }
    lanes[index].calls = [:]
    for (_, exchange) in lost { try ended(index, exchange) }
  }

  /// Nothing is answered twice: the next line that comes is what is asked for now.
  private func expectSilence() throws {
    for lane in lanes where lane.isOpen {
      let answer = try lane.client.call("system.ping", id: -1)
      guard answer.id == -1 else {
        throw Failure(description: "an answer that no call waits for: \(answer)")
      }
    }
  }
}
