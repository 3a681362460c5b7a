/// Publishes messages and measures how they reach their subscribers, all from one thread.
///
/// A closed loop: so many messages are on their way, and one that was answered and has reached every
/// subscriber is followed by the next. A message's clock starts just before it is written, and stops
/// for each subscriber after the read that brought it; what it waits for this one thread is counted
/// too, so figures can only err to the server's disadvantage.
public final class EventLoad {
  /// How often a run is reported on, in nanoseconds.
  private static let reportInterval: UInt64 = 100_000_000

  /// A message that is on its way.
  private struct Flight {
    var id = 0
    /// How many subscribers it has not reached.
    var waiting = 0
    var isAnswered = true

    var isOver: Bool { isAnswered && waiting == 0 }
  }

  private let template: EventTemplate
  private let patience: Duration
  private let crowd: LoadCrowd
  private let publisher: LoadConnection
  private var flights: [Flight]
  /// How many messages were answered: without ids, answers come in the order of the requests.
  private var answered = 0
  private var published = 0
  /// How many messages are on their way.
  private var flying = 0
  private var run = LoadRun()

  /// Connects and subscribes.
  ///
  /// - Parameters:
  ///   - target: the server.
  ///   - work: what is published.
  ///   - subscribers: how many connections subscribe, 1 or more; one more publishes.
  ///   - pipeline: how many messages are on their way at once, 1 or more.
  ///   - patience: how long to wait for a connection, and for a message before giving up.
  public init(
    target: LoadTarget, work: EventWork, subscribers: Int, pipeline: Int, patience: Duration
  ) throws(LoadFault) {
    template = EventTemplate(target.dialect, work)
    self.patience = patience
    LoadLoop.allowDescriptors(subscribers + 1)
    let deadline = Deadline(in: patience)
    publisher = try LoadConnection(to: target, token: 0, pipeline: 1, before: deadline)
    var connections = [publisher]
    let subscriber = target.greeted(with: [work.subscription(target.dialect)])
    for index in 1...max(subscribers, 1) {
      connections.append(
        try LoadConnection(
          to: subscriber, token: UInt64(index), pipeline: 1, before: deadline))
    }
    crowd = try LoadCrowd(connections)
    flights = Array(repeating: Flight(), count: max(pipeline, 1))
  }

  /// Publishes up to a limit, and waits until every message has reached everybody.
  ///
  /// - Parameters:
  ///   - limit: how long to go on; `requests` are messages published.
  ///   - goesOn: told about ten times a second how many messages were delivered and how many seconds
  ///     have passed; false ends the run early.
  /// - Returns: deliveries, each message to each subscriber being one.
  /// - Throws: why the run is worth nothing. The load can't be used again then.
  public func run(
    until limit: LoadLimit, goesOn: (_ delivered: Int, _ seconds: Double) -> Bool = { _, _ in true }
  ) throws(LoadFault) -> LoadResult {
    let cpu = Clock.threadCPU()
    run = LoadRun(limit)
    try publish()
    var reported = run.begin
    while run.mayIssue || flying > 0 {
      try crowd.wait { connection throws(LoadFault) in try self.receive(connection) }
      run.now = Clock.now()
      try publish()
      guard run.now &- reported >= Self.reportInterval else { continue }
      reported = run.now
      if run.silence > patience { throw .stalled(patience) }
      if !goesOn(run.result.requests, run.seconds(until: run.now)) { run.isStopped = true }
    }
    return run.finish(cpu: Clock.threadCPU() &- cpu)
  }

  /// The id of the message that so many came before.
  private static func id(of number: Int) -> Int {
    RequestTemplate.firstID + number % (9 * RequestTemplate.firstID)
  }

  private func publish() throws(LoadFault) {
    while run.mayIssue, publisher.hasRoom {
      let id = Self.id(of: published)
      let slot = id % flights.count
      guard flights[slot].isOver else { break }
      published += 1
      flying += 1
      run.issued += 1
      flights[slot] = Flight(
        id: id, waiting: crowd.connections.count - 1, isAnswered: false)
      publisher.write(template.request(id: id, stamp: Clock.now()))
    }
    if !publisher.isFlushed { try crowd.send(publisher) }
  }

  private func receive(_ connection: LoadConnection) throws(LoadFault) {
    // More than a few rounds would let the other connections wait.
    for _ in 0..<4 {
      let received = try connection.receive()
      guard received != .nothing else { return }
      run.now = Clock.now()
      while let reply = try connection.reader.next() {
        if connection === publisher {
          try answer(reply)
        } else {
          try deliver(reply, to: connection)
        }
      }
      guard received == .perhapsMore else { return }
    }
  }

  private func answer(_ reply: ParsedReply) throws(LoadFault) {
    let id = reply.id ?? Self.id(of: answered)
    answered += 1
    let slot = id % flights.count
    guard reply.outcome != .message, flights[slot].id == id, !flights[slot].isAnswered else {
      throw .unmatched
    }
    run.touch()
    flights[slot].isAnswered = true
    if reply.outcome == .error {
      // What was refused reaches nobody.
      flights[slot].waiting = 0
      run.result.errors += 1
      run.result.firstError = run.result.firstError ?? publisher.errorText(of: reply)
    }
    if flights[slot].isOver { flying -= 1 }
  }

  private func deliver(_ message: ParsedReply, to connection: LoadConnection) throws(LoadFault) {
    guard let origin = EventTemplate.origin(of: message, in: connection.reader) else {
      // The one other thing that a subscriber is told.
      throw .refused("a subscriber was told that messages may be missing")
    }
    let slot = origin.id % flights.count
    guard flights[slot].id == origin.id, flights[slot].waiting > 0 else {
      throw .unmatched
    }
    flights[slot].waiting -= 1
    if flights[slot].isOver { flying -= 1 }
    run.end(.done, after: run.now &- origin.stamp)
  }
}
